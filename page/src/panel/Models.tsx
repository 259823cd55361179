/** Which models spoke, each with its card. */
import { useSignal } from "@preact/signals";
import type { Finding } from "../api/types";
import { ModelCard } from "./ModelCard";

const DOES: Record<string, string> = { segmentation: "Outlined by", classification: "Judged by" };

export function Models({ models }: { models: NonNullable<Finding["models"]> }) {
	const open = useSignal<string | null>(null);
	if (models.length === 0) return null;
	return (
		<section>
			<h3>Models</h3>
			<ul class="models">
				{models.map((one) => (
					<li key={`${one.task} ${one.name}`}>
						<span>
							{DOES[one.task] ?? one.task} <b>{one.name}</b> {one.version}
						</span>
						<button
							type="button"
							aria-label={`Model card of ${one.name}`}
							onClick={() => {
								open.value = one.name;
							}}
						>
							Model card
						</button>
					</li>
				))}
			</ul>
			{open.value !== null && (
				<ModelCard
					name={open.value}
					onClose={() => {
						open.value = null;
					}}
				/>
			)}
		</section>
	);
}
