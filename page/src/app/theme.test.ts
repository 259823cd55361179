import { expect, test } from "vitest";
import { theme, themeOf } from "./theme";

test("what was chosen holds at once, and is kept", () => {
	theme.value = "dark";
	expect(document.documentElement.dataset.theme).toBe("dark");
	expect(themeOf(localStorage.getItem("nodulens-theme"))).toBe("dark");
	theme.value = "system";
	expect(document.documentElement.dataset.theme).toBeUndefined();
});

test.each([null, "", "purple"])("kept as %s is the system's", (kept) => {
	expect(themeOf(kept)).toBe("system");
});
