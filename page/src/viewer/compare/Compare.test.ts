import { expect, it } from "vitest";
import { written } from "./Compare";

const row = (here: number | null, there: number | null, digits = 1) =>
	written({ what: "", unit: "mm", here, there, digits });

it("says both, and by how much the right one is more", () => {
	expect(row(10, 12.26)).toBe("10.0 / 12.3 mm (+2.3)");
	expect(row(12.26, 10)).toBe("12.3 / 10.0 mm (−2.3)");
});

it("calls equal what does not differ as far as it is shown", () => {
	expect(row(10, 10.04)).toBe("10.0 / 10.0 mm (=)");
	expect(row(10.04, 10)).toBe("10.0 / 10.0 mm (=)");
});

it("has no difference where one has no value", () => {
	expect(row(null, 3)).toBe("– / 3.0 mm");
});
