/** What can be done with the outline that is being drawn. */

import { useComputed } from "@preact/signals";
import { pane } from "../study/session";
import {
	canRedo,
	canUndo,
	discard,
	isChanged,
	isSaving,
	keepLargest,
	parts,
	redoStep,
	save,
	stand,
	subject,
	undoStep,
} from "./drafting";
import { isRefining, milliseconds, refine } from "./refine";
import { ToolButton } from "./ToolButton";

export function DraftButtons() {
	const of = subject.value;
	const isEmpty = useComputed(() => (stand.value?.rings.length ?? 0) === 0);
	const hasHoles = useComputed(() => (stand.value?.rings.length ?? 0) > parts.value);
	if (of === null) return null;
	return (
		<fieldset class="tool-group" aria-label="Outline">
			<ToolButton
				icon="undo"
				name="Undo"
				keys="Ctrl+Z"
				does="Undo"
				disabled={!canUndo.value}
				onClick={undoStep}
			/>
			<ToolButton
				icon="redo"
				name="Redo"
				keys="Ctrl+Shift+Z"
				does="Redo"
				disabled={!canRedo.value}
				onClick={redoStep}
			/>
			<ToolButton
				icon="smooth"
				name="Smooth"
				keys="Shift+S"
				does="Smooth the outline"
				disabled={isEmpty.value || isRefining.value}
				onClick={() => void refine("smooth")}
			/>
			<ToolButton
				icon="fill"
				name="Fill holes"
				keys="Shift+F"
				does="Fill holes"
				disabled={!hasHoles.value || isRefining.value}
				onClick={() => void refine("fill")}
			/>
			<ToolButton
				icon="largest"
				name="Largest"
				keys="Shift+L"
				does="Keep the largest part alone: a nodule is one"
				disabled={parts.value < 2}
				onClick={keepLargest}
			/>
			<ToolButton
				icon="discard"
				name="Discard"
				keys="Ctrl+Backspace"
				does="Discard the outline that is not saved"
				disabled={!isChanged.value}
				onClick={discard}
			/>
			<button
				type="button"
				class="primary save"
				title="Save the outline (Ctrl+S)"
				aria-keyshortcuts="Control+S"
				disabled={!isChanged.value || isSaving.value}
				onClick={() => void save()}
			>
				{isSaving.value ? "Saving …" : "Save"}
			</button>
			<p class="draft-state" role="status">
				{of.nodule === null ? "New nodule" : `Nodule ${pane.numberOf(of.nodule)}`}
				{isChanged.value ? ", not saved" : ""}
				{parts.value > 1 && `, in ${parts.value} parts: join them, or keep the largest`}
				{isRefining.value && " · outlining …"}
				{!isRefining.value && milliseconds.value !== null && stand.value?.tool === "clicks" && (
					<> · {Math.round(milliseconds.value)} ms</>
				)}
			</p>
		</fieldset>
	);
}
