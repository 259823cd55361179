import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Gestures, type Pointed } from "./gestures";
import type { Press, Tool } from "./scene";
import { fit, toCanvas, toFrame, type View } from "./view";

const FRAME = { width: 640, height: 480 };
const CANVAS = { width: 1000, height: 600 };

const at = (x: number, y: number, more: Partial<Pointed> = {}): Pointed => ({
	id: 1,
	x,
	y,
	button: "primary",
	shift: false,
	alt: false,
	space: false,
	...more,
});

const made = () => ({
	name: "brush",
	cursor: "crosshair",
	down: vi.fn<(press: Press) => void>(),
	move: vi.fn<(press: Press, pressed: boolean) => void>(),
	up: vi.fn<(press: Press) => void>(),
	cancel: vi.fn<() => void>(),
});

const view = signal<View | null>(null);
const tool = signal<Tool | null>(null);
let windowing = made();
let tap = vi.fn<(press: Press) => void>();
let hands: Gestures;

beforeEach(() => {
	view.value = fit(FRAME, CANVAS);
	tool.value = null;
	windowing = made();
	tap = vi.fn();
	hands = new Gestures({
		view,
		tool,
		secondary: windowing,
		sizes: () => ({ frame: FRAME, canvas: CANVAS }),
		tap,
		hover: () => {},
	});
});

const laid = () => view.peek() as View;

describe("without a tool", () => {
	it("moves the frame with the pointer", () => {
		const under = toFrame(laid(), { x: 300, y: 300 });
		hands.down(at(300, 300));
		hands.move(at(340, 320));
		hands.move(at(400, 350));
		hands.up(at(400, 350));
		expect(toCanvas(laid(), under).x).toBeCloseTo(400, 0);
		expect(tap).not.toHaveBeenCalled();
	});

	it("takes a press that slips a little for a tap, and keeps the frame still", () => {
		const before = laid();
		hands.down(at(300, 300));
		hands.move(at(302, 301));
		hands.up(at(302, 301));
		expect(laid()).toBe(before);
		expect(tap).toHaveBeenCalledOnce();
	});

	it("does with the secondary button what it is for", () => {
		const before = laid();
		hands.down(at(300, 300, { button: "secondary" }));
		hands.move(at(350, 300, { button: "secondary" }));
		hands.up(at(350, 300, { button: "secondary" }));
		expect(windowing.down).toHaveBeenCalledOnce();
		expect(windowing.move).toHaveBeenCalledWith(expect.anything(), true);
		expect(windowing.up).toHaveBeenCalledOnce();
		expect(laid()).toBe(before);
	});
});

describe("with a tool", () => {
	it("tells it of presses in pixels of the frame", () => {
		const brush = made();
		tool.value = brush;
		hands.move(at(100, 0));
		hands.down(at(100, 0));
		hands.up(at(100, 0));
		expect(brush.move).toHaveBeenCalledWith(
			expect.objectContaining({ x: -0.5, y: -0.5, scale: 1.25 }),
			false,
		);
		expect(brush.down).toHaveBeenCalledOnce();
		expect(brush.up).toHaveBeenCalledOnce();
	});

	it("moves the frame while space is held, or with the middle button", () => {
		const brush = made();
		tool.value = brush;
		for (const held of [{ space: true }, { button: "middle" as const }]) {
			const { x } = laid();
			hands.down(at(300, 300, held));
			hands.move(at(310, 300, held));
			hands.up(at(310, 300, held));
			expect(laid().x).toBe(x + 10);
		}
		expect(brush.down).not.toHaveBeenCalled();
	});

	it("takes its stroke back when a second finger comes", () => {
		const brush = made();
		tool.value = brush;
		hands.down(at(300, 300));
		hands.down(at(500, 300, { id: 2 }));
		expect(brush.cancel).toHaveBeenCalledOnce();
		hands.move(at(600, 300, { id: 2 }));
		expect(laid().scale).toBeCloseTo(1.25 * 1.5);
		hands.up(at(600, 300, { id: 2 }));
		hands.up(at(300, 300));
		expect(brush.up).not.toHaveBeenCalled();
		expect(brush.down).toHaveBeenCalledOnce();
	});

	it("takes its stroke back when the browser takes the pointer away", () => {
		const brush = made();
		tool.value = brush;
		hands.down(at(300, 300));
		hands.lose(1);
		expect(brush.cancel).toHaveBeenCalledOnce();
		hands.up(at(300, 300));
		expect(brush.up).not.toHaveBeenCalled();
	});

	it("ends a stroke with the tool that began it", () => {
		const [brush, eraser] = [made(), made()];
		tool.value = brush;
		hands.down(at(300, 300));
		tool.value = eraser;
		hands.up(at(310, 300));
		expect(brush.up).toHaveBeenCalledOnce();
		expect(eraser.up).not.toHaveBeenCalled();
	});
});

describe("two fingers", () => {
	it("magnify and move, and one that stays goes on moving", () => {
		hands.down(at(400, 300));
		hands.down(at(600, 300, { id: 2 }));
		const under = toFrame(laid(), { x: 400, y: 300 });
		hands.move(at(300, 300));
		const scale = laid().scale;
		expect(scale).toBeCloseTo(1.25 * 1.5);
		expect(toCanvas(laid(), under).x).toBeCloseTo(300);
		hands.up(at(600, 300, { id: 2 }));
		const { x } = laid();
		hands.move(at(330, 300));
		expect(laid().x).toBeCloseTo(x + 30);
		expect(laid().scale).toBe(scale);
		hands.up(at(330, 300));
		expect(tap).not.toHaveBeenCalled();
	});
});

describe("the wheel", () => {
	it("magnifies about the pointer, by lines as by pixels", () => {
		const under = toFrame(laid(), { x: 222, y: 111 });
		hands.wheel({ x: 222, y: 111 }, { x: 0, y: -6 }, true, false);
		expect(laid().scale).toBeGreaterThan(1.25);
		expect(toFrame(laid(), { x: 222, y: 111 }).x).toBeCloseTo(under.x);
		const byLines = laid().scale;
		view.value = fit(FRAME, CANVAS);
		hands.wheel({ x: 222, y: 111 }, { x: 0, y: -96 }, false, false);
		expect(laid().scale).toBeCloseTo(byLines);
	});
});
