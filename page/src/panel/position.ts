/** Where a nodule lies in its scan area. */
import type { Finding } from "../api/types";
import type { Nodule } from "./types";
import { short } from "./words";

const third = (share: number, names: [string, string, string]): string =>
	names[Math.min(2, Math.max(0, Math.floor(3 * share)))] as string;

/**
 * Return the place of a nodule's middle in the picture, and how deep it lies: from the upper edge
 * of the scan area, which is the skin where the picture is not cut. Never the patient's side, which
 * a picture alone does not tell.
 */
export function positionOf(one: Nodule, { scan_areas = [], scale }: Finding): string | null {
	const area = scan_areas[one.scan_area];
	if (area === undefined) return null;
	const box = one.bounding_box;
	const across = (box.x + box.width / 2 - area.x) / area.width;
	const down = box.y + box.height / 2 - area.y;
	const places = [
		`${third(down / area.height, ["upper", "middle", "lower"])} third`,
		third(across, ["left", "centre", "right"]),
	];
	const mm = scale?.mm_per_px_xy?.[1];
	if (mm != null) places.push(`${short(down * mm, 0)} mm deep`);
	if (scan_areas.length > 1) places.push(`view ${one.scan_area + 1} of ${scan_areas.length}`);
	return places.join(", ");
}
