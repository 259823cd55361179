import { expect, it } from "vitest";
import { type ReportedNodule, rowsOf } from "./rows";

it("marks what a person gave, sizes and shape of a drawn outline too", () => {
	const nodule = {
		site: null,
		size: "12 × 9 mm",
		margin: "smooth",
		shape: "wider than tall",
		by_user: ["margin", "outline"],
	} as unknown as ReportedNodule;
	const rows = rowsOf([nodule]);
	const ofUser = rows.filter((row) => row.values[0]?.byUser).map((row) => row.name);
	expect(ofUser).toEqual(["Size", "Shape", "Margin"]);
	expect(rows[0]).toEqual({ name: "Site", values: [{ text: null, byUser: false }] });
});
