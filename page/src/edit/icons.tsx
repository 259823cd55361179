/** Pictures of the tools. */
import type { ComponentChildren } from "preact";

const PATHS = {
	brush: "M4 20c3 0 5-1 5-4a3 3 0 0 0-3-3c-2 0-2 2-2 4 0 1.500-.5 2.500-2 3zM9 13 19 3l2 2L11 15",
	eraser: "M8 20 3 15 14 4l6 6-10 10zM3 15l6 6M8 20h12M8 9l6 6",
	polygon: "M5 18 3 8l9-5 9 6-4 10zM5 18h12",
	contour: "M3 17c3-1 4-10 9-10s6 9 9 10M12 7V2M9.500 4 12 1.500 14.500 4",
	clicks: "M8 8m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M8 5.500v5M5.500 8h5M14 17h7",
	undo: "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
	redo: "m16 5 4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
	smooth: "M2 15c4 0 4-8 8-8s4 8 12 6",
	fill: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M9 12h6M12 9v6",
	largest: "M9 12m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0M18 5l4 4M22 5l-4 4",
	add: "M12 4v16M4 12h16",
	remove: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
	save: "m4 13 5 5L20 6",
	discard: "M5 5l14 14M19 5 5 19",
	accept: "m3 13 5 5L19 7",
	reject: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M6 6l12 12",
	original: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 7v5l4 2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): ComponentChildren {
	return (
		<svg
			viewBox="0 0 24 24"
			width="22"
			height="22"
			fill="none"
			stroke="currentColor"
			stroke-width="1.8"
			stroke-linecap="round"
			stroke-linejoin="round"
			aria-hidden="true"
		>
			<path d={PATHS[name]} />
		</svg>
	);
}
