/** Where the focus goes when one goes somewhere. */

/** Put the focus to the main part, so that keys and readers begin there. */
export function focusMain(): void {
	const main = document.querySelector("main");
	if (main === null) return;
	main.tabIndex = -1;
	main.focus({ preventScroll: true });
}
