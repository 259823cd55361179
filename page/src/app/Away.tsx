/** Says that the server does not answer, while it does not. */
import { isAway } from "../api/reach";
import { look } from "./connection";

export function Away() {
	return (
		<div role="alert">
			{isAway.value && (
				<p class="away">
					<span>
						<strong>The server does not answer.</strong> Start it again with{" "}
						<code>nodulens serve</code>, or check the network. Leave this page open: it goes on by
						itself, and nothing you entered is lost.
					</span>
					<button type="button" onClick={() => void look()}>
						Try now
					</button>
				</p>
			)}
		</div>
	);
}
