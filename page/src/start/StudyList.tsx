/** The studies that are on the server. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Study } from "../api/types";
import { counted } from "../app/words";
import { DeleteStudy } from "../study/DeleteStudy";
import { STANDINGS, type Standing } from "../study/words";
import { StudyItem } from "./StudyItem";
import { ANY, fits, isInWork, isNarrowed } from "./standing";
import { isGrowing, type List, load, more, wanted } from "./studies";

/** Between two looks at how far analyses are; one look tells of all, event streams would be many. */
const LOOK_MS = 1000;

export function StudyList({ list }: { list: List }) {
	const leaving = useSignal<Study | null>(null);
	const isWorking = list.studies.some(isInWork);
	useEffect(() => {
		if (!isWorking) return;
		const timer = setTimeout(() => void load(), LOOK_MS);
		return () => clearTimeout(timer);
	}, [list, isWorking]);
	const narrowed = isNarrowed(wanted.value);
	useEffect(() => {
		if (narrowed) void more();
	}, [narrowed]);
	const shown = list.studies.filter((one) => fits(one, wanted.value));
	return (
		<section aria-labelledby="studies">
			<div class="list-head">
				<h1 id="studies">Studies</h1>
				<Narrow />
			</div>
			<p class="count" role="status">
				{narrowed
					? `${shown.length} of ${list.total} studies${isGrowing.value ? ", still searching …" : ""}`
					: counted(list.total, "study", "studies")}
			</p>
			{shown.length > 0 && (
				<ul class="studies">
					{shown.map((one) => (
						<StudyItem
							key={one.id}
							study={one}
							onDelete={() => {
								leaving.value = one;
							}}
						/>
					))}
				</ul>
			)}
			{shown.length === 0 && narrowed && !isGrowing.value && (
				<p class="row">
					No study fits.
					<button
						type="button"
						onClick={() => {
							wanted.value = ANY;
						}}
					>
						Show all
					</button>
				</p>
			)}
			{list.next !== null && !narrowed && (
				<button type="button" disabled={isGrowing.value} onClick={() => void more()}>
					{isGrowing.value ? "Loading …" : `More (${list.total - list.studies.length} older)`}
				</button>
			)}
			{leaving.value !== null && (
				<DeleteStudy
					study={leaving.value}
					onClose={() => {
						leaving.value = null;
					}}
					onGone={() => void load()}
				/>
			)}
		</section>
	);
}

function Narrow() {
	return (
		<search class="narrow">
			<label>
				<span>Name</span>
				<input
					type="search"
					value={wanted.value.name}
					onInput={(event) => {
						wanted.value = { ...wanted.value, name: event.currentTarget.value };
					}}
				/>
			</label>
			<label>
				<span>State</span>
				<select
					value={wanted.value.standing}
					onChange={(event) => {
						const standing = event.currentTarget.value as Standing | "any";
						wanted.value = { ...wanted.value, standing };
					}}
				>
					<option value="any">Any</option>
					{Object.entries(STANDINGS).map(([standing, words]) => (
						<option key={standing} value={standing}>
							{words}
						</option>
					))}
				</select>
			</label>
		</search>
	);
}
