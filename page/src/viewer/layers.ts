/** What lies over the frame, from below to above. */
import { draft } from "../edit/draft";
import { originalLayer } from "../edit/history";
import { wordsLayer } from "../words/layer";
import { outlines } from "./outlines";
import type { Layer } from "./scene";

export const LAYERS: Layer[] = [outlines, originalLayer, wordsLayer, draft];
