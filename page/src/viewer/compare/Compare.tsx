/** The other analysis's view of the frame, and what it says differently. */

import { image, pane } from "../../study/session";
import { modelsOf } from "../../study/words";
import { Missing } from "../Missing";
import { MapKey } from "../maps/MapKey";
import { sharedTool } from "../sharedTool";
import { shownIn } from "../shown";
import { place, view } from "../stage";
import { Viewer } from "../Viewer";
import { besideAnalysis, other } from "./beside";
import { differences, type Pair, type Row } from "./differences";
import { LAYERS_BESIDE } from "./layers";
import "./compare.css";

export function Compare() {
	const by = besideAnalysis.value;
	if (by === null) return null;
	return (
		<div class="view">
			<h2>{modelsOf(by.asked)}</h2>
			<Viewer
				pane={other}
				place={place}
				view={view}
				layers={LAYERS_BESIDE}
				tool={sharedTool}
				label={`Frame of ${image.value?.name} as ${modelsOf(by.asked)} sees it`}
			>
				<MapKey pane={other} />
				<Missing analysis={by} pane={other} />
			</Viewer>
		</div>
	);
}

/** Return both values, and by how much the right one is more. */
export function written({ here, there, digits, unit }: Row): string {
	const [left, right] = [here, there].map((value) => value?.toFixed(digits) ?? "–");
	const values = `${left} / ${right}${unit && ` ${unit}`}`;
	if (here === null || there === null) return values;
	const by = (there - here).toFixed(digits);
	if (Number(by) === 0) return `${values} (=)`;
	return `${values} (${Number(by) > 0 ? `+${by}` : by.replace("-", "−")})`;
}

function nameOfPair({ here, there }: Pair): string {
	if (here === null) return `${there}, on the right only`;
	if (there === null) return `${here}, on the left only`;
	return here === there ? `${here}` : `${here}, on the right ${there}`;
}

/** Differences of the frame that both show. */
export function Differences() {
	const at = place.value;
	if (besideAnalysis.value === null || at === null) return null;
	const [here, there] = [shownIn({ pane, place: at }), shownIn({ pane: other, place: at })];
	// It keeps its room, so that the frames beside do not jump while a cine plays.
	if (here === null || there === null) return <div class="differences" />;
	const pairs = differences(here, there);
	if (pairs.length === 0) return <p class="differences">Neither outlines a nodule here.</p>;
	return (
		<div class="differences">
			<table>
				<caption>Left / right (difference)</caption>
				<thead>
					<tr>
						<th scope="col">Nodule</th>
						{pairs[0]?.rows.map(({ what }) => (
							<th key={what} scope="col">
								{what}
							</th>
						))}
						<th scope="col">Dice of the outlines</th>
					</tr>
				</thead>
				<tbody>
					{pairs.map((pair) => (
						<tr key={`${pair.here}-${pair.there}`}>
							<th scope="row">{nameOfPair(pair)}</th>
							{pair.rows.map((row) => (
								<td key={row.what}>{written(row)}</td>
							))}
							<td>{pair.dice?.toFixed(3) ?? "–"}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
