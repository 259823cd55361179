/** The report's text: edited, stored, copied, printed. */
import { useComputed, useSignal } from "@preact/signals";
import type { Analysis, Reported } from "../api/types";
import { complain, say } from "../app/say";
import { copy } from "./copy";
import { discard, draft, health, store, write } from "./desk";
import { isOvertaken, textOf } from "./draft";
import { save } from "./files";

export function TextEditor({ of, reported }: { of: Analysis; reported: Reported }) {
	const busy = useSignal(false);
	const unsaved = useComputed(() => draft.value !== null);
	const text = textOf(draft.value, reported);
	const once = (work: () => Promise<unknown>) => async () => {
		if (busy.peek()) return;
		busy.value = true;
		await work();
		busy.value = false;
	};
	const again = () => store(of.id, null);
	return (
		<section class="text-editor" aria-labelledby="report-text">
			<h3 id="report-text">Text</h3>
			<p role="status">
				{unsaved.value
					? "Not stored yet; kept in this browser."
					: reported.edited
						? `As it was edited, version ${reported.version}.`
						: "As it is generated from the findings."}
			</p>
			{reported.stale && (
				<p class="caution">
					The findings were corrected after this text was edited: look whether it still holds, or
					generate it again.
				</p>
			)}
			{isOvertaken(draft.value, reported) && (
				<p class="caution">
					Another text, version {reported.version}, was stored after you began. Storing yours puts
					it in its place; both are kept on the server.
				</p>
			)}
			<textarea
				aria-labelledby="report-text"
				spellcheck
				value={text}
				onInput={(event) => write(of.id, event.currentTarget.value)}
			/>
			<div class="row" aria-busy={busy.value}>
				<button
					type="button"
					class="primary"
					disabled={!unsaved.value}
					onClick={once(() => store(of.id, text))}
				>
					Store the text
				</button>
				<button type="button" disabled={!unsaved.value} onClick={() => discard(of.id)}>
					Discard my changes
				</button>
				<button type="button" disabled={!reported.edited} onClick={once(again)}>
					Generate again
				</button>
			</div>
			<div class="row">
				<button
					type="button"
					onClick={() => copy(text).then(() => say("The report's text is copied"), complain)}
				>
					Copy as text
				</button>
				<button type="button" onClick={() => print()}>
					Print …
				</button>
				<Pdf of={of} unsaved={unsaved.value} once={once} />
			</div>
		</section>
	);
}

interface PdfProps {
	of: Analysis;
	unsaved: boolean;
	once: (work: () => Promise<unknown>) => () => Promise<void>;
}

function Pdf({ of, unsaved, once }: PdfProps) {
	const can = health.value?.pdf === true;
	const why = !can
		? "PDF needs weasyprint where the server runs: pip install 'nodulens[pdf]'. Printing to a file works without."
		: unsaved
			? "The PDF has the stored text: store or discard your changes first."
			: null;
	const url = `/api/analyses/${of.id}/report.pdf`;
	return (
		<>
			<button
				type="button"
				disabled={why !== null}
				aria-describedby="pdf-why"
				onClick={once(() => save(url, `report-${of.id}.pdf`).catch(complain))}
			>
				PDF
			</button>
			<small id="pdf-why">{why}</small>
		</>
	);
}
