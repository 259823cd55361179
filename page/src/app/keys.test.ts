import { afterEach, expect, test, vi } from "vitest";
import { bind, bindings, nameOf } from "./keys";

const ends: (() => void)[] = [];
afterEach(() => {
	for (const end of ends.splice(0)) end();
	document.body.replaceChildren();
});

function bound(key: string) {
	const run = vi.fn();
	ends.push(bind({ key, does: key, group: "Test", run }));
	return run;
}

const press = (key: string, init: KeyboardEventInit = {}, on: EventTarget = document.body) =>
	on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));

test.each([
	["?", { shiftKey: true }, "?"],
	["z", { ctrlKey: true }, "Mod+z"],
	["Z", { metaKey: true, shiftKey: true }, "Mod+Shift+z"],
	["ArrowLeft", { shiftKey: true }, "Shift+ArrowLeft"],
])("%s with %o is called %s", (key, init, name) => {
	expect(nameOf(new KeyboardEvent("keydown", { key, ...init }))).toBe(name);
});

test("the key that was bound last wins, until it is unbound", () => {
	const first = bound("x");
	const second = bound("x");
	press("x");
	expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
	ends.pop()?.();
	press("x");
	expect(first).toHaveBeenCalledOnce();
	expect(bindings.value).toHaveLength(1);
});

test("a field that is written in keeps its keys, and so does an open dialog", () => {
	const run = bound("x");
	const field = document.createElement("textarea");
	const dialog = document.createElement("dialog");
	const inside = document.createElement("button");
	dialog.append(inside);
	dialog.setAttribute("open", "");
	document.body.append(field, dialog);
	press("x", {}, field);
	press("x", {}, inside);
	expect(run).not.toHaveBeenCalled();
});

test("enter presses the button that has the focus, and nothing else", () => {
	const run = bound("Enter");
	const button = document.createElement("button");
	document.body.append(button);
	press("Enter", {}, button);
	expect(run).not.toHaveBeenCalled();
	press("Enter");
	expect(run).toHaveBeenCalledOnce();
});

test.each([
	["range", "x", true],
	["range", "ArrowLeft", false],
	["range", "Home", false],
	["radio", "ArrowDown", false],
	["radio", "x", true],
	["checkbox", " ", false],
	["checkbox", "ArrowLeft", true],
	["text", "x", false],
	["number", "ArrowUp", false],
])("an input of type %s leaves %s to the page: %s", (type, key, isLeft) => {
	const run = bound(key);
	const input = document.createElement("input");
	input.type = type;
	document.body.append(input);
	press(key, {}, input);
	expect(run.mock.calls.length).toBe(isLeft ? 1 : 0);
});

test("a key that is held down goes on only where it moves something", () => {
	const [remove, left] = [bound("Delete"), bound("ArrowLeft")];
	for (const repeat of [false, true, true]) {
		press("Delete", { repeat });
		press("ArrowLeft", { repeat });
	}
	expect(remove).toHaveBeenCalledOnce();
	expect(left).toHaveBeenCalledTimes(3);
});
