/** Sum, level and recommendation: the model's, and the user's beside it. */
import type { TiRads } from "./types";
import { levelsOf, range, recommendedOf } from "./words";

const ROWS: [string, (one: TiRads) => string][] = [
	["Level", levelsOf],
	["Points", (one) => range(one.points)],
	["By size", recommendedOf],
];

export function TiRadsSum({ model, user }: { model: TiRads | null; user: TiRads | null }) {
	if (model === null && user === null) {
		return <p>This model names no attributes; choose yours to have a level.</p>;
	}
	const notes = [...new Set([...(model?.notes ?? []), ...(user?.notes ?? [])])];
	const missing = (user ?? model)?.missing ?? [];
	return (
		<>
			<table class="tirads">
				<caption class="visually-hidden">Points, level and recommendation</caption>
				<thead>
					<tr>
						<td />
						<th scope="col">Model</th>
						{user !== null && <th scope="col">With yours</th>}
					</tr>
				</thead>
				<tbody aria-live="polite">
					{ROWS.map(([name, of]) => (
						<tr key={name} class={name.toLowerCase().replace(" ", "-")}>
							<th scope="row">{name}</th>
							<td>{model === null ? "–" : of(model)}</td>
							{user !== null && <td>{of(user)}</td>}
						</tr>
					))}
				</tbody>
			</table>
			{missing.length > 0 && <p class="hint">Nothing is known of: {missing.join(", ")}.</p>}
			{notes.map((one) => (
				<p class="hint" key={one}>
					{one}
				</p>
			))}
		</>
	);
}
