/** Attributes that a report fills in: each can be left out, none goes over the user's own unasked. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Understood } from "../api/types";
import { valueIn } from "../app/loaded";
import { offerBack } from "../edit/undone";
import { pane } from "../study/session";
import { type Filling, filled, fillings, type Name, sayValue } from "./attributes";
import { fieldName } from "./outcome";

export function Fillings({ understood }: { understood: Understood }) {
	const nodule = pane.selected.value;
	const shown = valueIn(pane.shown.value);
	const before = nodule === null ? null : (shown?.state.by_user[nodule]?.attributes ?? null);
	const all = useMemo(() => fillings(understood, before), [understood, before]);
	/** What the user ticked or unticked, against what is ticked by itself. */
	const turned = useSignal<ReadonlySet<Name>>(new Set());
	const isWanted = ({ name, said, why }: Filling) =>
		said !== null && (why === null) !== turned.value.has(name);
	if (all.length === 0) return <p class="hint">It says nothing that attributes could hold.</p>;
	if (nodule === null || shown === null) {
		return <p class="hint">Select a nodule to fill its attributes in.</p>;
	}
	const names = new Set(all.filter(isWanted).map((one) => one.name));
	const store = async () => {
		const attributes = filled(before, all, names);
		if (!(await pane.change({ action: "attributes", nodule, attributes }, "report"))) return;
		turned.value = new Set();
		const text = `Attributes of nodule ${pane.numberOf(nodule)} filled in`;
		offerBack({ text, spot: shown.spot, version: shown.state.version });
	};
	return (
		<fieldset class="fillings">
			<legend>Attributes of nodule {pane.numberOf(nodule)}</legend>
			{all.map((one) => (
				<label key={one.name} class="check">
					<input
						type="checkbox"
						checked={isWanted(one)}
						disabled={one.said === null || one.why === "is set already"}
						onChange={() => {
							const next = new Set(turned.value);
							if (!next.delete(one.name)) next.add(one.name);
							turned.value = next;
						}}
					/>
					<span>
						{fieldName(one.name)}: <b>{sayValue(one.said)}</b>
						{one.why !== null && <small> {whyOf(one)}</small>}
					</span>
				</label>
			))}
			<button
				type="button"
				class="primary"
				disabled={names.size === 0}
				onClick={() => void store()}
			>
				Fill in attributes
			</button>
		</fieldset>
	);
}

const whyOf = ({ why, was }: Filling): string =>
	why === "you set something else" ? `you set “${sayValue(was)}”; tick to replace it` : `${why}`;
