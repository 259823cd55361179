/** The difference between the outline with words and that without, and what to do with it. */
import { useMemo } from "preact/hooks";
import type { Nodule, Tried } from "../api/types";
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { difference, nearest } from "./difference";
import { isOverlaid, words } from "./trying";
import { analyzeWith, useOutline } from "./use";

export function Difference({ tried }: { tried: Tried }) {
	const found = useMemo(() => difference(tried), [tried]);
	const { unit } = found;
	const isSame = found.dice === 1;
	const digits = unit === "mm" ? 1 : 0;
	return (
		<>
			<table>
				<caption>
					{isSame ? "The words change nothing" : `Dice ${found.dice.toFixed(3)}`}
					{`, ${Math.round(tried.milliseconds)} ms`}
				</caption>
				<thead>
					<tr>
						<td />
						<th scope="col">Nodules</th>
						<th scope="col">Area, {unit}²</th>
						<th scope="col">Long axis, {unit}</th>
					</tr>
				</thead>
				<tbody>
					{(["with", "without"] as const).map((one) => (
						<tr key={one}>
							<th scope="row" class={`legend ${one}`}>
								{one} words
							</th>
							<td>{found[one].nodules}</td>
							<td>{found[one].area.toFixed(digits)}</td>
							<td>{found[one].longAxis.toFixed(1)}</td>
						</tr>
					))}
				</tbody>
			</table>
			<label class="check">
				<input
					type="checkbox"
					checked={isOverlaid.value}
					onChange={(event) => {
						isOverlaid.value = event.currentTarget.checked;
					}}
				/>
				Show both over the frame
			</label>
			<div class="row">
				{!isSame && tried.with_words.nodules?.map((one) => <Use key={one.id} nodule={one} />)}
				<button type="button" onClick={() => void analyzeWith(words.peek().trim())}>
					Analyze the study with these words
				</button>
			</div>
		</>
	);
}

/** Buttons that store an outline as the nodule that it covers, or else as the selected or a new one. */
function Use({ nodule }: { nodule: Nodule }) {
	const shown = valueIn(pane.shown.value);
	const of = useMemo(
		() => (shown === null ? null : nearest(nodule.contour, shown.contours)),
		[nodule, shown],
	);
	if (shown === null || pane.version.value !== null) return null;
	const target = of ?? pane.selected.value;
	return (
		<>
			{target !== null && (
				<button
					type="button"
					class={of === null ? "" : "primary"}
					onClick={() => void useOutline(nodule.contour, target)}
				>
					Use this outline for nodule {pane.numberOf(target)}
				</button>
			)}
			{of === null && (
				<button type="button" onClick={() => void useOutline(nodule.contour, null)}>
					Add it as a nodule
				</button>
			)}
		</>
	);
}
