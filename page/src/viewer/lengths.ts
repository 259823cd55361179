/** Lengths on a frame, in millimetres where its scale is known. */
import type { Finding } from "../api/types";
import type { Point } from "./view";

type Scale = NonNullable<Finding["scale"]>;

export interface Length {
	value: number;
	unit: "mm" | "px";
}

/** Return millimetres a pixel along a row and along a column; null where they are not known. */
export function mmPerPx(scale: Scale | undefined): [number, number] | null {
	if (scale?.mm_per_px_xy) return scale.mm_per_px_xy;
	return scale?.mm_per_px ? [scale.mm_per_px, scale.mm_per_px] : null;
}

export function lengthOf([a, b]: [Point, Point], scale: Scale | undefined): Length {
	const mm = mmPerPx(scale);
	const [x, y] = mm ?? [1, 1];
	return { value: Math.hypot(x * (b.x - a.x), y * (b.y - a.y)), unit: mm === null ? "px" : "mm" };
}

/** Write a length as precisely as it can be known. */
export const written = ({ value, unit }: Length): string =>
	unit === "mm" ? `${value.toFixed(1)} mm` : `${Math.round(value)} px`;

const ORIGINS: Record<Scale["from"], string> = {
	"dicom-ultrasound-regions": "from the DICOM ultrasound region",
	"dicom-pixel-spacing": "from the DICOM pixel spacing",
	"depth-ruler": "from the depth ruler",
	user: "as you stated it",
	unknown: "",
};

/** Say where millimetres come from, and how sure that is where it was measured. */
export function originOf(scale: Scale | undefined): string {
	if (scale === undefined || mmPerPx(scale) === null) return "uncalibrated";
	const sure = scale.confidence < 1 && scale.from !== "user";
	return `${ORIGINS[scale.from]}${sure ? `, confidence ${Number(scale.confidence.toFixed(2))}` : ""}`;
}

/** Return how large a pixel is, and how that is known; null where it is not. */
export function scaleInWords(scale: Scale): string | null {
	const mm = mmPerPx(scale);
	if (mm === null) return null;
	const each = [...new Set(mm.map((one) => String(Number(one.toFixed(4)))))];
	return `${each.join(" × ")} mm/px, ${originOf(scale)}`;
}
