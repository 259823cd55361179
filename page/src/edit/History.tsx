/** The frame's versions: look at one, compare with the model's, go back. */
import { useComputed } from "@preact/signals";
import type { Recorded } from "../api/types";
import { valueIn } from "../app/loaded";
import { counted, timeOf } from "../app/words";
import { author } from "../study/author";
import { pane } from "../study/session";
import { compare, describe, isCompared, load, original, restore, versions } from "./history";
import "./history.css";

export function History() {
	const shown = valueIn(pane.shown.value);
	if (shown === null) return null;
	const list = versions.value;
	const count = valueIn(list)?.length ?? 0;
	return (
		<details class="history">
			<summary>
				History <span class="count">{count === 0 ? "no changes" : counted(count, "change")}</span>
			</summary>
			{list.state === "failed" && (
				<p class="problem" role="alert">
					{list.problem.message}. What to do: {list.problem.todo}.{" "}
					<button type="button" onClick={() => void load(shown.spot)}>
						Try again
					</button>
				</p>
			)}
			{list.state === "ready" && <Versions changes={list.value} />}
			{count > 0 && <Comparison />}
			<label class="author">
				Your name, if it is to stand beside your changes, verdicts and reports
				<input
					type="text"
					maxLength={200}
					autocomplete="name"
					value={author.value}
					onInput={(event) => {
						author.value = event.currentTarget.value;
					}}
				/>
			</label>
		</details>
	);
}

function Versions({ changes }: { changes: Recorded[] }) {
	const newest = changes.at(-1)?.version ?? 0;
	const looked = pane.version.value ?? newest;
	return (
		<ol class="versions" reversed>
			{[...changes].reverse().map((one) => (
				<Version
					key={one.version}
					version={one.version}
					newest={newest}
					isLooked={one.version === looked}
					text={describe(one)}
					by={[timeOf(one.at), one.author].filter((part) => part !== null).join(", ")}
				/>
			))}
			<Version
				version={0}
				newest={newest}
				isLooked={looked === 0}
				text="The model's own version"
				by=""
			/>
		</ol>
	);
}

interface Row {
	version: number;
	newest: number;
	isLooked: boolean;
	text: string;
	by: string;
}

function Version({ version, newest, isLooked, text, by }: Row) {
	return (
		<li aria-current={isLooked ? "true" : undefined}>
			<p>
				<b>{version}</b> {text}
				{by !== "" && <small>{by}</small>}
			</p>
			{version !== newest && (
				<span class="row">
					<button
						type="button"
						aria-pressed={isLooked}
						onClick={() => void toggle(version, isLooked)}
					>
						View
					</button>
					<button type="button" onClick={() => void restore(version)}>
						Restore
					</button>
				</span>
			)}
		</li>
	);
}

const toggle = (version: number, isLooked: boolean) => pane.look(isLooked ? null : version);

function Comparison() {
	const rows = useComputed(() => {
		const shown = valueIn(pane.shown.value);
		const model = valueIn(original.value);
		return shown === null || model === null ? [] : compare(model, shown.contours);
	});
	const failed = original.value.state === "failed" ? original.value.problem : null;
	return (
		<div class="comparison">
			<label>
				<input
					type="checkbox"
					checked={isCompared.value}
					onChange={(event) => {
						isCompared.value = event.currentTarget.checked;
					}}
				/>
				Show the model's outlines, dashed
			</label>
			{isCompared.value && failed !== null && (
				<p class="problem">
					{failed.message}. What to do: {failed.todo}.
				</p>
			)}
			{isCompared.value && rows.value.length > 0 && (
				<table>
					<caption>Model's outline and the one shown</caption>
					<thead>
						<tr>
							<th scope="col">Nodule</th>
							<th scope="col">Outline</th>
							<th scope="col">Dice</th>
						</tr>
					</thead>
					<tbody>
						{rows.value.map((one) => (
							<tr key={one.nodule}>
								<td>{one.nodule}</td>
								<td>{one.is}</td>
								<td>{one.dice === null ? "–" : one.dice.toFixed(3)}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</div>
	);
}
