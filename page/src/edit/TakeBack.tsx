/** What was just stored, and a button that takes it back. */
import { isSame } from "../study/pane";
import { pane } from "../study/session";
import { stored, takeBack } from "./undone";

export function TakeBack() {
	const done = stored.value;
	return (
		<div role="status" class="take-back">
			{done !== null && isSame(done.spot, pane.spot.value) && (
				<>
					<p>{done.text}.</p>
					<button type="button" onClick={() => void takeBack()}>
						Undo
					</button>
				</>
			)}
		</div>
	);
}
