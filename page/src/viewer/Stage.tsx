/** The frame, its controls, and what lies beside and below it. */
import { useEffect } from "preact/hooks";
import { analysis, image, pane } from "../study/session";
import { modelsOf } from "../study/words";
import { Calipers } from "./calipers/Calipers";
import { Cine } from "./cine/Cine";
import { AskAnalysis } from "./compare/AskAnalysis";
import { besideAnalysis } from "./compare/beside";
import { Compare, Differences } from "./compare/Compare";
import { bindStage, bindTool } from "./keys";
import { Missing } from "./Missing";
import { MapKey } from "./maps/MapKey";
import { Pointed } from "./Pointed";
import type { Layer } from "./scene";
import { drawn, place, sizes, tool, view } from "./stage";
import { Toolbar } from "./toolbar/Toolbar";
import { Viewer } from "./Viewer";

const TELLS = { sizes, drawn };

export function Stage({ layers }: { layers: Layer[] }) {
	const isStill = (image.value?.frames ?? 1) === 1;
	useEffect(() => bindStage(isStill), [isStill]);
	const taken = tool.value;
	useEffect(() => bindTool(taken), [taken]);
	const by = analysis.value;
	const isTwo = besideAnalysis.value !== null;
	return (
		<section class="stage" aria-label="Frame">
			<Toolbar />
			<div class={isTwo ? "views two" : "views"}>
				<div class="view">
					{isTwo && by !== null && <h2>{modelsOf(by.asked)}</h2>}
					<Viewer
						pane={pane}
						place={place}
						view={view}
						layers={layers}
						tool={tool}
						label={`Frame of ${image.value?.name}`}
						tells={TELLS}
					>
						<Calipers />
						<MapKey pane={pane} />
						<Missing analysis={by} pane={pane} />
					</Viewer>
				</div>
				<Compare />
			</div>
			<Differences />
			<Cine />
			<Pointed />
			<AskAnalysis />
		</section>
	);
}
