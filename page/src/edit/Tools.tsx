/** Tools that correct an outline. */
import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { tool } from "../viewer/stage";
import { DraftButtons } from "./DraftButtons";
import { editable, remove } from "./drafting";
import { announced } from "./keyboard";
import { Options } from "./Options";
import { TakeBack } from "./TakeBack";
import { ToolButton } from "./ToolButton";
import { addNodule, bindTools, choose, KINDS, toggleOriginal } from "./toolbox";
import "./tools.css";

export function Tools() {
	useEffect(bindTools, []);
	const isOff = useComputed(() => editable.value === null);
	return (
		<section class="tools" aria-label="Correction">
			<fieldset class="tool-group" aria-label="Tools">
				{KINDS.map((kind) => (
					<ToolButton
						key={kind.name}
						icon={kind.icon}
						name={kind.name}
						keys={kind.key.toUpperCase()}
						does={kind.does}
						pressed={tool.value === kind.tool}
						disabled={isOff.value}
						onClick={() => {
							choose(kind.tool);
							leaveButton();
						}}
					/>
				))}
			</fieldset>
			<Options />
			<DraftButtons />
			<NoduleButtons />
			<TakeBack />
			<p class="visually-hidden" aria-live="polite">
				{announced.value}
			</p>
		</section>
	);
}

/** Let the keys draw: on a button, Enter and Space would press it again. */
function leaveButton(): void {
	document.querySelector<HTMLElement>(".viewer [tabindex]")?.focus();
	if (document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
}

function NoduleButtons() {
	const shown = valueIn(pane.shown.value);
	const nodule = pane.selected.value;
	const isOff = editable.value === null;
	return (
		<fieldset class="tool-group" aria-label="Nodule">
			<ToolButton
				icon="add"
				name="Add"
				keys="I"
				does="Add a nodule that the model missed"
				disabled={isOff}
				onClick={addNodule}
			/>
			<ToolButton
				icon="remove"
				name="Remove"
				keys="Delete"
				does={`Remove nodule ${pane.numberOf(nodule) ?? ""}`}
				disabled={isOff || nodule === null}
				onClick={() => void remove()}
			/>
			<ToolButton
				icon="original"
				name="Original"
				keys="Shift+O"
				does="Show the model's own version"
				pressed={pane.version.value === 0}
				disabled={shown === null || (shown.state.version === 0 && pane.version.value === null)}
				onClick={toggleOriginal}
			/>
		</fieldset>
	);
}
