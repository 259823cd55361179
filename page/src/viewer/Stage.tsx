/** The frame, its controls, and what lies beside and below it. */
import { image, pane } from "../workbench/session";
import { LAYERS } from "./layers";
import { tool, view } from "./stage";
import { Viewer } from "./Viewer";

export function Stage() {
	return (
		<section class="stage" aria-label="Frame">
			<Viewer
				pane={pane}
				view={view}
				layers={LAYERS}
				tool={tool}
				label={`Frame of ${image.value?.name}`}
			/>
		</section>
	);
}
