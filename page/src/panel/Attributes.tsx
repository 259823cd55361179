/** Attributes and ACR TI-RADS: what the model takes them for, beside what the user says. */
import { useSignal } from "@preact/signals";
import type { ByUser } from "../api/types";
import { pane } from "../study/session";
import { FociChoice } from "./FociChoice";
import { SiteAndSize } from "./SiteAndSize";
import { CHOICES, type Single, say } from "./said";
import { TiRadsSum } from "./TiRadsSum";
import type { Attribute, Nodule, UserAttributes } from "./types";
import { percent, range } from "./words";

const TITLES = {
	composition: "Composition",
	echogenicity: "Echogenicity",
	shape: "Shape",
	margin: "Margin",
	foci: "Echogenic foci",
};

export function Attributes({ nodule, said }: { nodule: Nodule; said: ByUser }) {
	// Grows when something could not be stored, so that the fields show again what holds.
	const turn = useSignal(0);
	const yours = said.attributes ?? null;
	const put = async (change: Partial<UserAttributes> | null): Promise<void> => {
		if (!(await say(pane, nodule.id, change))) turn.value++;
	};
	const points = (name: keyof typeof TITLES) => {
		const model = nodule.tirads?.by_category[name];
		const user = said.tirads?.by_category[name];
		return (
			<span class="points">
				{model === undefined ? "–" : range(model)}
				{yours?.[name] != null && user !== undefined && <b> → {range(user)}</b>} pt
			</span>
		);
	};
	return (
		<section class="attributes" data-turn={turn.value}>
			<h2>ACR TI-RADS 2017</h2>
			<TiRadsSum model={nodule.tirads ?? null} user={said.tirads ?? null} />
			<h3>Attributes</h3>
			{(Object.keys(CHOICES) as Single[]).map((name) => (
				<div class="category" key={name}>
					<label for={`say-${name}`}>{TITLES[name]}</label>
					{points(name)}
					<span class="model">
						{name === "shape" ? measured(nodule) : inWords(nodule.attributes?.[name])}
					</span>
					<select
						id={`say-${name}`}
						class={yours?.[name] != null ? "said" : ""}
						value={yours?.[name] ?? ""}
						onChange={(event) => put({ [name]: event.currentTarget.value || null })}
					>
						<option value="">
							{name === "shape"
								? "as measured"
								: nodule.attributes?.[name] === undefined
									? "not given"
									: "as the model says"}
						</option>
						{CHOICES[name].map((one) => (
							<option key={one} value={one}>
								{one}
							</option>
						))}
					</select>
				</div>
			))}
			<div class="category">
				<span id="say-foci">{TITLES.foci}</span>
				{points("foci")}
				<span class="model">{inWords(nodule.attributes?.foci)}</span>
				<FociChoice
					labelled="say-foci"
					foci={yours?.foci ?? null}
					isTold={nodule.attributes?.foci !== undefined}
					onSay={(foci) => put({ foci })}
				/>
			</div>
			<SiteAndSize yours={yours} onSay={put} />
			{yours !== null && (
				<button type="button" onClick={() => put(null)}>
					Take back all that I said
				</button>
			)}
		</section>
	);
}

/** The likeliest value with its probability, and what else goes into TI-RADS. */
function inWords(one: Attribute | undefined) {
	if (one === undefined) return "not told by this model";
	const others = one.possible.filter((value) => value !== one.value);
	const share = (value: string) => percent(one.probabilities[value] ?? 0);
	return (
		<>
			{one.value} <b>{percent(one.probability)}</b>
			{others.length > 0 && (
				<small>or {others.map((value) => `${value} ${share(value)}`).join(", ")}</small>
			)}
		</>
	);
}

function measured(one: Nodule) {
	return (
		<>
			{one.taller_than_wide ? "taller than wide" : "wider than tall"}
			<small>measured on the outline</small>
		</>
	);
}
