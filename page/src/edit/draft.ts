/** The outline that is being drawn, before it is stored. */
import type { Layer } from "../viewer/scene";

export const draft: Layer = () => {};
