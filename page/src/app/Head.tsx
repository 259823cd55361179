/** The page's head: its name, what it may be used for, and what holds everywhere. */

import { health } from "./connection";
import { focusMain } from "./focus";
import { isListed } from "./Shortcuts";
import { THEMES, type Theme, theme } from "./theme";

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
				<span class="wide">Theme</span>
				<select
					aria-label="Theme"
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
				aria-label="Shortcuts"
				aria-keyshortcuts="?"
				onClick={() => {
					isListed.value = true;
				}}
			>
				<span class="wide">Shortcuts</span> <kbd>?</kbd>
			</button>
		</header>
	);
}
