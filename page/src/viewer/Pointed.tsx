/** Grey value and place under the pointer, and the frame's scale. */
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { scaleInWords } from "./lengths";
import { drawn, pointed } from "./stage";

export function Pointed() {
	const [at, picture] = [pointed.value, drawn.value?.picture];
	const scale = valueIn(pane.shown.value)?.state.finding.scale;
	const [x, y] = at === null ? [-1, -1] : [Math.round(at.x), Math.round(at.y)];
	const inside = picture && x >= 0 && y >= 0 && x < picture.width && y < picture.height;
	return (
		<p class="pointed">
			<span class="reading">
				{inside
					? `x ${x}, y ${y}: grey ${picture.grey[y * picture.width + x]}`
					: picture
						? `${picture.width} × ${picture.height} px`
						: ""}
			</span>
			{scale !== undefined && (
				<span>Scale: {scaleInWords(scale) ?? "uncalibrated, lengths are in px"}</span>
			)}
		</p>
	);
}
