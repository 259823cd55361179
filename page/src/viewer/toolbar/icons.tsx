/** The stage's signs, drawn in the colour of the words beside them. */
import type { ComponentChildren } from "preact";

const sign = (children: ComponentChildren) => () => (
	<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
		{children}
	</svg>
);

export const ZoomIn = sign(
	<path d="M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13 13l4 4M8.5 6v5M6 8.5h5" />,
);
export const ZoomOut = sign(
	<path d="M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13 13l4 4M6 8.5h5" />,
);
export const Fit = sign(<path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M7 7h6v6H7z" />);
export const FlipX = sign(<path d="M10 2v16M7.5 5v10L2 15zM12.5 5v10l5.5 0z" />);
export const FlipY = sign(<path d="M2 10h16M5 7.5h10V2zM5 12.5h10v5.5z" />);
export const Contrast = sign(
	<>
		<circle cx="10" cy="10" r="7" />
		<path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
	</>,
);
export const Caliper = sign(
	<path d="M3 13 13 3l4 4L7 17zM6.5 9.5l1.5 1.5M9.5 6.5 11 8M11.5 4.5 13 6" />,
);
export const Outline = sign(
	<path d="M10 3c4 0 7 2.500 7 6.500S14 17 9.500 17 3 14 3 10s3-7 7-7z" />,
);
export const Layers = sign(<path d="m10 3 7 4-7 4-7-4zM3 10.500l7 4 7-4M3 14l7 4 7-4" />);
export const Beside = sign(<path d="M3 4h14v12H3zM10 4v12" />);
export const Reset = sign(<path d="M4 10a6 6 0 1 0 2-4.500M6 2v4h4" />);
export const Hand = sign(
	<path d="M10 2v16M2 10h16M7.500 4.500 10 2l2.500 2.500M7.500 15.500 10 18l2.500-2.500M4.500 7.500 2 10l2.500 2.500M15.500 7.500 18 10l-2.500 2.500" />,
);
export const Play = sign(<path d="M5 3v14l12-7z" fill="currentColor" />);
export const Pause = sign(<path d="M6 3v14M14 3v14" stroke-width="3" />);
export const Before = sign(<path d="m13 4-7 6 7 6" />);
export const After = sign(<path d="m7 4 7 6-7 6" />);
export const Cross = sign(<path d="m5 5 10 10M15 5 5 15" />);
export const Sliders = sign(<path d="M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4" />);
