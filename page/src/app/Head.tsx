/** The page's head: its name, what it may be used for, and what holds everywhere. */

import { health } from "./connection";
import { isListed } from "./Shortcuts";
import { THEMES, type Theme, theme } from "./theme";
import { focusMain } from "./title";

/** As the server says it, until the server has said it. */
const NOTICE = "Research use only. Not a medical device; not for diagnosis or treatment decisions.";

export function Head() {
	return (
		<header class="head">
			<button type="button" class="skip" onClick={focusMain}>
				Skip to the main part
			</button>
			<a href="#/" class="name">
				Nodulens
			</a>
			<p class="notice">{health.value?.notice ?? NOTICE}</p>
			<label class="theme">
				<span>Theme</span>
				<select
					value={theme.value}
					onChange={(event) => {
						theme.value = event.currentTarget.value as Theme;
					}}
				>
					{THEMES.map((one) => (
						<option key={one} value={one}>
							{one[0]?.toUpperCase() + one.slice(1)}
						</option>
					))}
				</select>
			</label>
			<button
				type="button"
				aria-keyshortcuts="?"
				onClick={() => {
					isListed.value = true;
				}}
			>
				Shortcuts <kbd>?</kbd>
			</button>
		</header>
	);
}
