/** The page: its head, its notice, and the place where the user is. */
import { Start } from "../start/Start";
import { Workbench } from "../workbench/Workbench";
import { place } from "./route";
import { Messages } from "./say";

export const NOTICE =
	"Research use only. Not a medical device; not for diagnosis or treatment decisions.";

export function App() {
	return (
		<>
			<header class="head">
				<a href="#/" class="name">
					Nodulens
				</a>
				<p class="notice">{NOTICE}</p>
			</header>
			{place.value.study === null ? <Start /> : <Workbench />}
			<Messages />
		</>
	);
}
