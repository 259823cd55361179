/** Light or dark: as the system has it, unless the user chose. */
import { effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "nodulens-theme";

/** Read a choice that was kept. */
export const themeOf = (kept: string | null): Theme =>
	THEMES.find((one) => one === kept) ?? "system";

/** The page's memory; a browser may forbid it. */
function kept(): string | null {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}

export const theme = signal<Theme>(themeOf(kept()));

effect(() => {
	const chosen = theme.value;
	if (chosen === "system") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = chosen;
	try {
		localStorage.setItem(KEY, chosen);
	} catch {
		// The choice holds until the page is closed.
	}
});
