/** The map over the frame. */
import { valueIn } from "../../app/loaded";
import type { Layer } from "../scene";
import { transform } from "../view";
import { kind, mapOf, opacity } from "./maps";

export const mapLayer: Layer = ({ context, view, density, pane, place }) => {
	const map = valueIn(mapOf(pane).value);
	if (map === null || kind.value === "none") return;
	if (map.place.image !== place.image || map.place.frame !== place.frame) return;
	const { part, region } = map;
	context.save();
	transform(context, view, density);
	context.globalAlpha = opacity.value[kind.value];
	context.drawImage(
		map.picture,
		part.x,
		part.y,
		part.width,
		part.height,
		region.x,
		region.y,
		region.width,
		region.height,
	);
	context.restore();
};
