/** Files may be dropped anywhere, and pictures pasted. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { say } from "../app/say";
import { chosen, dropped } from "./gather";
import { takeOptions } from "./options";
import { upload } from "./uploads";

const hasFiles = (event: DragEvent): boolean =>
	event.dataTransfer?.types.includes("Files") ?? false;

export function Drop() {
	const isOver = useSignal(false);
	useEffect(() => {
		// The children's enter comes before the parent's leave: counting tells when all are left.
		let depth = 0;
		const enter = (event: DragEvent) => {
			if (!hasFiles(event)) return;
			depth++;
			isOver.value = true;
		};
		const leave = (event: DragEvent) => {
			if (!hasFiles(event)) return;
			depth = Math.max(0, depth - 1);
			isOver.value = depth > 0;
		};
		const over = (event: DragEvent) => {
			if (!hasFiles(event) || event.dataTransfer === null) return;
			event.preventDefault();
			event.dataTransfer.dropEffect = "copy";
		};
		const drop = (event: DragEvent) => {
			if (!hasFiles(event) || event.dataTransfer === null) return;
			event.preventDefault();
			depth = 0;
			isOver.value = false;
			dropped(event.dataTransfer).then(
				(files) => {
					if (files.length > 0) void upload(files, takeOptions());
					else say("There are no files in it", "drop images, DICOM files or archives of them");
				},
				() => say("The files could not be read", "drop them again, or choose them by the button"),
			);
		};
		const paste = (event: ClipboardEvent) => {
			const files = chosen(event.clipboardData?.files ?? []);
			// Text that is pasted into a field may bring a picture of itself along.
			const isField = (event.target as Element).closest?.("input, textarea, [contenteditable]");
			if (files.length === 0 || isField) return;
			event.preventDefault();
			void upload(files, takeOptions());
		};
		const listened = { dragenter: enter, dragleave: leave, dragover: over, drop, paste };
		for (const [name, listener] of Object.entries(listened)) {
			addEventListener(name, listener as EventListener);
		}
		return () => {
			for (const [name, listener] of Object.entries(listened)) {
				removeEventListener(name, listener as EventListener);
			}
		};
	}, []);
	if (!isOver.value) return null;
	return (
		<div class="drop-over" aria-hidden="true">
			<p>Drop to upload and analyze</p>
		</div>
	);
}
