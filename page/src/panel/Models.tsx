/** Which models spoke, each with its card. */
import type { Finding } from "../api/types";
import { showCard } from "./card";

const DOES: Record<string, string> = { segmentation: "Outlined by", classification: "Judged by" };

export function Models({ models }: { models: NonNullable<Finding["models"]> }) {
	if (models.length === 0) return null;
	return (
		<section>
			<h2>Models</h2>
			<ul class="models">
				{models.map((one) => (
					<li key={`${one.task} ${one.name}`}>
						<span>
							{DOES[one.task] ?? one.task} <b>{one.name}</b> {one.version}
						</span>
						<button
							type="button"
							aria-label={`Model card of ${one.name}`}
							onClick={() => showCard(one.name)}
						>
							Model card
						</button>
					</li>
				))}
			</ul>
		</section>
	);
}
