/** Files of the upload that are not in the study, and why. */
import { keepRefused, refusedOf } from "./refused";
import { counted } from "./words";

export function Refused({ study }: { study: string }) {
	const files = refusedOf(study);
	if (files.length === 0) return null;
	return (
		<details class="refused">
			<summary>{counted(files.length, "file")} of the upload could not be used</summary>
			<ul>
				{files.map((one) => (
					<li key={one.name}>
						<b>{one.name}</b>: {one.why}
					</li>
				))}
			</ul>
			<button type="button" onClick={() => keepRefused(study, [])}>
				Do not show this again
			</button>
		</details>
	);
}
