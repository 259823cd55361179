/** What lies over the frame, from below to above. */
import { draft } from "../edit/draft";
import { originalLayer } from "../edit/history";
import { axes } from "../viewer/axes";
import { caliperLayer } from "../viewer/calipers/layer";
import { linked } from "../viewer/linked";
import { mapLayer } from "../viewer/maps/layer";
import { outlines } from "../viewer/outlines";
import type { Layer } from "../viewer/scene";
import { wordsLayer } from "../words/layer";

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
