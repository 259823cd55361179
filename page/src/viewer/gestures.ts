/** What pointers on the canvas mean: a tool's stroke, a move of the frame, a pinch, a tap. */
import type { Signal } from "@preact/signals";
import type { Press, Tool } from "./scene";
import { inSight, type Point, pan, pinch, type Size, toFrame, type View, zoom } from "./view";

/** A pointer as it comes from the browser, in CSS pixels of the canvas. */
export interface Pointed extends Point {
	id: number;
	button: "primary" | "middle" | "secondary";
	shift: boolean;
	alt: boolean;
	/** The space bar is held: the frame is moved, whatever the tool. */
	space: boolean;
}

/** What gestures act on. */
export interface Board {
	view: Signal<View | null>;
	tool: Signal<Tool | null>;
	/** What the secondary button does where there is no tool. */
	secondary: Tool | null;
	/** Sizes of frame and canvas; null before there is a frame. */
	sizes(): { frame: Size; canvas: Size } | null;
	/** Somebody pressed and let go at one place, without a tool. */
	tap(press: Press): void;
	/** Where a pointer hovers, in pixels of the frame; null where none does. */
	hover(at: Point | null): void;
}

/** So far may a pointer slip, in CSS pixels, and it was still a tap. */
const SLIP = 4;
const WHEEL = 0.0015;
/** A mouse wheel's step counts in lines in some browsers. */
const LINE = 16;

type Doing =
	| { kind: "nothing" }
	| { kind: "stroke"; tool: Tool }
	| { kind: "pan"; start: Point; isTap: boolean };

export class Gestures {
	readonly #board: Board;
	readonly #fingers = new Map<number, Pointed>();
	#doing: Doing = { kind: "nothing" };

	constructor(board: Board) {
		this.#board = board;
	}

	down(pointer: Pointed): void {
		const press = this.#press(pointer);
		if (press === null) return;
		this.#fingers.set(pointer.id, pointer);
		if (this.#fingers.size > 1) {
			this.#cancelStroke();
			this.#doing = { kind: "pan", start: pointer, isTap: false };
			return;
		}
		const tool = this.#toolFor(pointer);
		if (tool === null) {
			const isTap = pointer.button === "primary" && !pointer.space;
			this.#doing = { kind: "pan", start: pointer, isTap };
		} else {
			this.#doing = { kind: "stroke", tool };
			tool.down(press);
		}
	}

	move(pointer: Pointed): void {
		const press = this.#press(pointer);
		const view = this.#board.view.peek();
		if (press === null || view === null) return;
		this.#board.hover(press);
		const before = this.#fingers.get(pointer.id);
		if (before === undefined) {
			this.#board.tool.peek()?.move?.(press, false);
			return;
		}
		this.#fingers.set(pointer.id, pointer);
		const doing = this.#doing;
		if (doing.kind === "stroke") doing.tool.move?.(press, true);
		else if (doing.kind === "pan") {
			const { start } = doing;
			if (Math.hypot(pointer.x - start.x, pointer.y - start.y) > SLIP) doing.isTap = false;
			// A finger that trembles does not move the frame.
			if (doing.isTap) return;
			const other = [...this.#fingers.values()].find((one) => one.id !== pointer.id);
			this.#lay(
				other === undefined
					? pan(view, { x: pointer.x - before.x, y: pointer.y - before.y })
					: pinch(view, [before, other], [pointer, other]),
			);
		}
	}

	up(pointer: Pointed): void {
		if (!this.#fingers.delete(pointer.id)) return;
		const doing = this.#doing;
		const press = this.#press(pointer);
		// Of two fingers the other goes on moving the frame.
		if (this.#fingers.size > 0) return;
		this.#doing = { kind: "nothing" };
		if (press === null) return;
		if (doing.kind === "stroke") doing.tool.up?.(press);
		else if (doing.kind === "pan" && doing.isTap) this.#board.tap(press);
	}

	/** The browser took the pointer away. */
	lose(id: number): void {
		if (!this.#fingers.delete(id)) return;
		this.#cancelStroke();
		if (this.#fingers.size === 0) this.#doing = { kind: "nothing" };
	}

	leave(): void {
		this.#board.hover(null);
	}

	/** Wheel, or two fingers on a touch pad: magnify about the pointer; with Shift, move sideways. */
	wheel(at: Point, delta: Point, inLines: boolean, shift: boolean): void {
		const view = this.#board.view.peek();
		if (view === null) return;
		const unit = inLines ? LINE : 1;
		if (shift) this.#lay(pan(view, { x: -unit * (delta.x || delta.y), y: 0 }));
		else this.#lay(zoom(view, Math.exp(-WHEEL * unit * delta.y), at));
	}

	#toolFor({ button, space }: Pointed): Tool | null {
		if (space || button === "middle") return null;
		return this.#board.tool.peek() ?? (button === "secondary" ? this.#board.secondary : null);
	}

	#cancelStroke(): void {
		if (this.#doing.kind !== "stroke") return;
		this.#doing.tool.cancel?.();
		this.#doing = { kind: "nothing" };
	}

	#lay(view: View): void {
		const sizes = this.#board.sizes();
		if (sizes !== null) this.#board.view.value = inSight(view, sizes.frame, sizes.canvas);
	}

	#press(pointer: Pointed): Press | null {
		const view = this.#board.view.peek();
		if (view === null) return null;
		return {
			...toFrame(view, pointer),
			scale: view.scale,
			shift: pointer.shift,
			alt: pointer.alt,
			secondary: pointer.button === "secondary",
		};
	}
}
