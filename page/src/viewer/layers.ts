/** What lies over the frame, from below to above. */
import { draft } from "../edit/draft";
import { originalLayer } from "../edit/history";
import { wordsLayer } from "../words/layer";
import { axes, axesBut } from "./axes";
import { caliperLayer } from "./calipers/layer";
import { linked } from "./linked";
import { mapLayer } from "./maps/layer";
import { outlines, outlinesBut } from "./outlines";
import type { Layer } from "./scene";

export const LAYERS: Layer[] = [
	mapLayer,
	outlines,
	axes,
	originalLayer,
	wordsLayer,
	draft,
	caliperLayer,
	linked,
];

/** Of the other analysis beside it, which is not corrected. */
export const LAYERS_BESIDE: Layer[] = [
	mapLayer,
	outlinesBut(null),
	axesBut(null),
	caliperLayer,
	linked,
];
