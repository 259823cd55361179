/** Numbers and terms as the panel writes them. */
import type { Nodule, Scale, TiRads } from "./types";

/** Return a number with so many digits after the point, at most. */
export function short(value: number, digits: number): string {
	return String(Number(value.toFixed(digits)));
}

/** Return a share as per cent: never all or nothing where it is not. */
export function percent(share: number): string {
	const rounded = Math.round(100 * share);
	if (rounded === 100 && share < 1) return "> 99 %";
	if (rounded === 0 && share > 0) return "< 1 %";
	return `${rounded} %`;
}

/** Return the axes of a nodule: in millimetres where the scale is known. */
export function axesOf(one: Nodule): string {
	if (one.long_axis_mm != null && one.short_axis_mm != null)
		return `${one.long_axis_mm.toFixed(1)} × ${one.short_axis_mm.toFixed(1)} mm`;
	return `${one.long_axis_px.toFixed(0)} × ${one.short_axis_px.toFixed(0)} px`;
}

export function areaOf(one: Nodule): string {
	return one.area_mm2 == null ? `${one.area_px} px²` : `${short(one.area_mm2, 0)} mm²`;
}

const ORIGINS: Record<Scale["from"], string> = {
	"dicom-ultrasound-regions": "from the DICOM ultrasound region",
	"dicom-pixel-spacing": "from the DICOM pixel spacing",
	"depth-ruler": "read from the depth ruler",
	user: "as you stated it",
	unknown: "unknown",
};

/** Return how large a pixel is, and how that is known; null where it is not. */
export function scaleInWords(scale: Scale): string | null {
	const each = scale.mm_per_px_xy;
	if (each == null) return null;
	const [x, y] = each.map((one) => short(one, 4));
	const size = scale.mm_per_px == null ? `${x} × ${y} mm/px` : `${short(scale.mm_per_px, 4)} mm/px`;
	const sure = scale.confidence < 1 ? `, confidence ${short(scale.confidence, 2)}` : "";
	return `${size}, ${ORIGINS[scale.from]}${sure}`;
}

/** Return a range of points: "4", or "2–7". */
export function range([low, high]: readonly [number, number]): string {
	return low === high ? String(low) : `${low}–${high}`;
}

/** Return the levels that are possible, as a range where they are neighbours. */
export function levelsOf({ levels }: TiRads): string {
	const [first, last] = [levels[0], levels.at(-1)];
	if (first === undefined || last === undefined) return "not known";
	if (levels.length < 3) return levels.join(" or ");
	return `${first} to ${last}`;
}

const RECOMMENDED = {
	none: "neither follow-up nor biopsy",
	"follow-up": "follow-up",
	biopsy: "fine-needle biopsy",
};

/** Return what ACR TI-RADS recommends for levels and size. */
export function recommendedOf({ recommendations }: TiRads): string {
	if (recommendations === null) return "needs the size in mm";
	return recommendations.map((one) => RECOMMENDED[one]).join("; or ");
}
