/** What lies over the frame of the other analysis, which is not corrected. */
import { axesBut } from "../axes";
import { caliperLayer } from "../calipers/layer";
import { linked } from "../linked";
import { mapLayer } from "../maps/layer";
import { outlinesBut } from "../outlines";
import type { Layer } from "../scene";

export const LAYERS_BESIDE: Layer[] = [
	mapLayer,
	outlinesBut(null),
	axesBut(null),
	caliperLayer,
	linked,
];
