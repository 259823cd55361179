import { expect, test } from "vitest";
import { grouped, keysOf } from "./Shortcuts";

test.each([
	["Mod+Shift+z", false, ["Ctrl", "Shift", "Z"]],
	["Mod+z", true, ["⌘", "Z"]],
	["+", false, ["+"]],
	["Mod++", false, ["Ctrl", "+"]],
	["Shift+ArrowLeft", false, ["Shift", "←"]],
	[" ", false, ["Space"]],
])("%s is written as on the keyboard", (name, isMac, keys) => {
	expect(keysOf(name, isMac)).toEqual(keys);
});

test("several keys for one thing stand in one line, each group once", () => {
	const run = () => {};
	const all = [
		{ key: "+", does: "Zoom in", group: "View", run },
		{ key: "?", does: "List", group: "Everywhere", run },
		{ key: "=", does: "Zoom in", group: "View", run },
		{ key: "=", does: "Zoom in", group: "View", run },
	];
	expect(grouped(all)).toEqual([
		["View", [["Zoom in", ["+", "="]]]],
		["Everywhere", [["List", ["?"]]]],
	]);
});
