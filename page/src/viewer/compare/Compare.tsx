/** The other analysis's view of the frame, and what it says differently. */

import { image, pane } from "../../workbench/session";
import { LAYERS_BESIDE } from "../layers";
import { Missing } from "../Missing";
import { MapKey } from "../maps/MapKey";
import { sharedTool } from "../sharedTool";
import { shownIn } from "../shown";
import { place, view } from "../stage";
import { Viewer } from "../Viewer";
import { besideAnalysis, nameOf, other } from "./beside";
import { differences, type Pair, type Row } from "./differences";
import "./compare.css";

export function Compare() {
	const by = besideAnalysis.value;
	if (by === null) return null;
	return (
		<div class="view">
			<h2>{nameOf(by)}</h2>
			<Viewer
				pane={other}
				place={place}
				view={view}
				layers={LAYERS_BESIDE}
				tool={sharedTool}
				label={`Frame of ${image.value?.name} as ${nameOf(by)} sees it`}
			>
				<MapKey pane={other} />
				<Missing analysis={by} pane={other} />
			</Viewer>
		</div>
	);
}

const written = (value: number | null, digits: number): string =>
	value === null ? "–" : value.toFixed(digits);

function difference({ here, there, digits }: Row): string {
	if (here === null || there === null) return "–";
	const by = there - here;
	return `${by > 0 ? "+" : by < 0 ? "−" : ""}${Math.abs(by).toFixed(digits)}`;
}

function nameOfPair({ here, there }: Pair): string {
	if (here === null) return `Nodule ${there}, on the right only`;
	if (there === null) return `Nodule ${here}, on the left only`;
	return here === there ? `Nodule ${here}` : `Nodule ${here}, on the right ${there}`;
}

/** Differences of the frame that both show. */
export function Differences() {
	const at = place.value;
	if (besideAnalysis.value === null || at === null) return null;
	const [here, there] = [shownIn({ pane, place: at }), shownIn({ pane: other, place: at })];
	if (here === null || there === null) return null;
	const pairs = differences(here, there);
	if (pairs.length === 0) return <p class="differences">Neither outlines a nodule here.</p>;
	return (
		<div class="differences">
			<table>
				<caption>Differences on this frame</caption>
				<thead>
					<tr>
						<th scope="col">Nodule</th>
						<th scope="col">Measure</th>
						<th scope="col">Left</th>
						<th scope="col">Right</th>
						<th scope="col">Difference</th>
						<th scope="col">Dice of the outlines</th>
					</tr>
				</thead>
				{pairs.map((pair) => (
					<tbody key={`${pair.here}-${pair.there}`}>
						{pair.rows.map((row, i) => (
							<tr key={row.what}>
								{i === 0 && (
									<th scope="rowgroup" rowSpan={pair.rows.length}>
										{nameOfPair(pair)}
									</th>
								)}
								<th scope="row">
									{row.what}
									{row.unit && `, ${row.unit}`}
								</th>
								<td>{written(row.here, row.digits)}</td>
								<td>{written(row.there, row.digits)}</td>
								<td>{difference(row)}</td>
								{i === 0 && <td rowSpan={pair.rows.length}>{written(pair.dice, 3)}</td>}
							</tr>
						))}
					</tbody>
				))}
			</table>
		</div>
	);
}
