/** Strokes of a round brush. Pure arithmetic. */
import type { Point } from "../viewer/view";
import type { Box, Mask } from "./mask";

/**
 * Paint, or erase, wherever a disc passes on its way between two points, so that quick strokes have
 * no gaps.
 *
 * @returns what may have changed; null if nothing did.
 */
export function stroke(
	mask: Mask,
	from: Point,
	to: Point,
	radius: number,
	value: 0 | 1,
): Box | null {
	const { width, height, data } = mask;
	const box = {
		left: Math.max(0, Math.ceil(Math.min(from.x, to.x) - radius)),
		top: Math.max(0, Math.ceil(Math.min(from.y, to.y) - radius)),
		right: Math.min(width, Math.floor(Math.max(from.x, to.x) + radius) + 1),
		bottom: Math.min(height, Math.floor(Math.max(from.y, to.y) + radius) + 1),
	};
	const [wayX, wayY] = [to.x - from.x, to.y - from.y];
	const length = wayX * wayX + wayY * wayY;
	let changed = false;
	for (let y = box.top; y < box.bottom; y++) {
		for (let x = box.left; x < box.right; x++) {
			const [dx, dy] = [x - from.x, y - from.y];
			const along = length === 0 ? 0 : (dx * wayX + dy * wayY) / length;
			const share = Math.min(Math.max(along, 0), 1);
			const [offX, offY] = [dx - share * wayX, dy - share * wayY];
			const at = y * width + x;
			if (offX * offX + offY * offY > radius * radius || data[at] === value) continue;
			data[at] = value;
			changed = true;
		}
	}
	return changed ? box : null;
}
