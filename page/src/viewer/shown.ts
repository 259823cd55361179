/** What is said of the very frame that is drawn. */
import { type Loaded, valueIn } from "../app/loaded";
import type { Shown } from "../study/pane";
import type { Place, Scene } from "./scene";

/**
 * Whether what was loaded is about a frame, or is nothing that could be taken for it.
 *
 * A pane keeps what it showed until the next is there; drawn over another frame it would be wrong.
 */
export const isAbout = (loaded: Loaded<Shown>, place: Place): boolean =>
	loaded.state !== "ready" || loaded.value.state.finding.frame === place.frame;

/** Return what is said of the frame that is drawn; null while it is on its way. */
export function shownIn({ pane, place }: Pick<Scene, "pane" | "place">): Shown | null {
	const loaded = pane.shown.value;
	return isAbout(loaded, place) && pane.spot.value?.image === place.image ? valueIn(loaded) : null;
}
