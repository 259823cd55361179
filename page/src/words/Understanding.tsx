/** What was understood of words, and what became of it. */
import type { Tried } from "../api/types";
import { fieldName, isOfThePatient, notesOf, outcomes, phrase, type Said } from "./outcome";

export function Understanding({ tried }: { tried: Tried }) {
	const use = tried.with_words.text;
	const said = use?.understood ?? [];
	const missed = use?.not_understood ?? [];
	return (
		<>
			{said.length === 0 ? <p>Nothing of these words was understood.</p> : <Chips said={said} />}
			{isOfThePatient(said) && (
				<p class="hint">
					Lobes and poles are the patient's, and choose nothing. Write “on the right” or “in the
					upper part” for a place in the picture.
				</p>
			)}
			{missed.length > 0 && <p class="hint">Not understood: {missed.join(", ")}</p>}
			<ul class="outcomes">
				{outcomes(use?.agreement ?? []).map((text) => (
					<li key={text}>{text}</li>
				))}
				{notesOf(tried).map((note) => (
					<li key={note}>{note}</li>
				))}
			</ul>
		</>
	);
}

export function Chips({ said }: { said: Said[] }) {
	return (
		<ul class="chips" aria-label="Understood">
			{said.map((one) => (
				<li
					key={`${one.field} ${one.value} ${one.certainty}`}
					class={one.certainty}
					title={fieldName(one.field)}
				>
					{phrase(one)}
				</li>
			))}
		</ul>
	);
}
