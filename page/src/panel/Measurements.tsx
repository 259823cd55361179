/** Sizes and place of the nodule, and where the millimetres come from. */
import type { Finding } from "../api/types";
import { scaleInWords } from "../viewer/lengths";
import { positionOf } from "./position";
import { ScaleField } from "./ScaleField";
import type { Nodule } from "./types";
import { areaOf, axesOf, short } from "./words";

const SHAPE: [keyof Nodule["shape"], string][] = [
	["circularity", "Circularity (1 is a disc)"],
	["compactness", "Compactness (1 is a disc)"],
	["solidity", "Solidity"],
	["convexity", "Convexity"],
	["eccentricity", "Eccentricity"],
	["elongation", "Elongation"],
	["extent", "Extent"],
];

export function Measurements({ finding, nodule }: { finding: Finding; nodule: Nodule }) {
	const scale = finding.scale;
	const known = scale === undefined ? null : scaleInWords(scale);
	const taller = nodule.taller_than_wide ? "taller than wide" : "wider than tall";
	const rows: [string, string][] = [
		["Long × short axis", axesOf(nodule)],
		["Area", areaOf(nodule)],
		["Depth to width", `${short(nodule.shape.depth_to_width, 2)}, ${taller}`],
		["Position", positionOf(nodule, finding) ?? "not known"],
		["Sureness of outline", `${nodule.confidence.toFixed(2)}, not calibrated`],
	];
	return (
		<section>
			<h2>Measurements</h2>
			<table class="numbers">
				<tbody>
					{rows.map(([name, value]) => (
						<tr key={name}>
							<th scope="row">{name}</th>
							<td>{value}</td>
						</tr>
					))}
					<tr>
						<th scope="row">Scale</th>
						<td>{known ?? <b class="uncalibrated">uncalibrated: sizes are in px</b>}</td>
					</tr>
				</tbody>
			</table>
			<ScaleField known={known !== null} note={scale?.note ?? ""} />
			<details>
				<summary>Shape</summary>
				<table class="numbers">
					<tbody>
						{SHAPE.map(([name, words]) => (
							<tr key={name}>
								<th scope="row">{words}</th>
								<td>{nodule.shape[name].toFixed(3)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</details>
		</section>
	);
}
