/** Accept, reject or reopen the whole analysis. */
import { useSignal } from "@preact/signals";
import type { Analysis, Review } from "../api/types";
import { review } from "./review";
import { STANDINGS } from "./words";

export function ReviewButtons({ one }: { one: Analysis }) {
	const busy = useSignal(false);
	const give = (verdict: Review) => async () => {
		if (busy.peek()) return;
		busy.value = true;
		await review(one, verdict);
		busy.value = false;
	};
	return (
		<fieldset class="review" aria-busy={busy.value}>
			<legend>Verdict on the whole analysis</legend>
			<output class={`verdict ${one.review}`}>{STANDINGS[one.review]}</output>
			{one.review === "open" ? (
				<>
					<button type="button" onClick={give("accepted")} title="Accept the analysis (Shift+A)">
						Accept analysis
					</button>
					<button type="button" onClick={give("rejected")} title="Reject the analysis (Shift+R)">
						Reject analysis
					</button>
				</>
			) : (
				<>
					<button type="button" onClick={give("open")}>
						Reopen
					</button>
					<small>Each correction opens it again.</small>
				</>
			)}
		</fieldset>
	);
}
