/** Gestures on a canvas: the browser's events, told to {@link Gestures}. */
import { useEffect } from "preact/hooks";
import { type Board, Gestures, type Pointed } from "./gestures";

/** The space bar moves the frame while it is held, whatever the tool. */
let isSpaceHeld = false;
addEventListener("keydown", (event) => {
	if (event.key === " ") isSpaceHeld = true;
});
addEventListener("keyup", (event) => {
	if (event.key === " ") isSpaceHeld = false;
});
addEventListener("blur", () => {
	isSpaceHeld = false;
});

const ERASER = 32;

/** Return which button a press is about; a pen's eraser counts as the secondary one. */
function buttonOf({ button, buttons }: PointerEvent): Pointed["button"] {
	if (button === 1 || buttons === 4) return "middle";
	return button === 2 || (buttons & (2 | ERASER)) !== 0 ? "secondary" : "primary";
}

/** Let pointers on a canvas do what {@link Gestures} says. */
export function usePointers(canvas: { current: HTMLCanvasElement | null }, board: Board): void {
	useEffect(() => {
		const element = canvas.current;
		if (element === null) return;
		const hands = new Gestures(board);
		const place = (event: MouseEvent) => {
			const box = element.getBoundingClientRect();
			return { x: event.clientX - box.left, y: event.clientY - box.top };
		};
		const told = (event: PointerEvent): Pointed => ({
			...place(event),
			id: event.pointerId,
			button: buttonOf(event),
			shift: event.shiftKey,
			alt: event.altKey,
			space: isSpaceHeld,
		});
		const ended = new AbortController();
		const on = <K extends keyof HTMLElementEventMap>(
			name: K,
			run: (event: HTMLElementEventMap[K]) => void,
		) => element.addEventListener(name, run, { passive: false, signal: ended.signal });
		on("pointerdown", (event) => {
			element.focus({ preventScroll: true });
			element.setPointerCapture(event.pointerId);
			hands.down(told(event));
		});
		on("pointermove", (event) => hands.move(told(event)));
		on("pointerup", (event) => hands.up(told(event)));
		on("pointercancel", (event) => hands.lose(event.pointerId));
		on("pointerleave", () => hands.leave());
		on("contextmenu", (event) => event.preventDefault());
		on("wheel", (event) => {
			event.preventDefault();
			const delta = { x: event.deltaX, y: event.deltaY };
			hands.wheel(place(event), delta, event.deltaMode === 1, event.shiftKey);
		});
		return () => ended.abort();
	}, []);
}
