import { describe, expect, test } from "vitest";
import { addressOf, go, type Place, place, placeOf } from "./route";

const STUDY = "0123456789abcdef";
const OTHER = "fedcba9876543210";

describe("a place", () => {
	test.each<Place>([
		{ study: null, analysis: null, image: null, frame: 0 },
		{ study: STUDY, analysis: null, image: null, frame: 0 },
		{ study: STUDY, analysis: OTHER, image: STUDY, frame: 12 },
	])("is read back from its address: %o", (one) => {
		expect(placeOf(addressOf(one))).toEqual(one);
	});

	test.each(["", "#/studies/", "#/studies/../x", `#/studies/${STUDY}0`, "#main"])(
		"is the start where the address is none: %s",
		(fragment) => expect(placeOf(fragment).study).toBeNull(),
	);

	test.each(["-1", "1.5", "NaN", "9e99x"])("has no frame %s", (frame) => {
		expect(placeOf(`#/studies/${STUDY}?frame=${frame}`).frame).toBe(0);
	});
});

describe("going", () => {
	test("to another study forgets the place in the one before, and can be gone back", () => {
		go({ study: STUDY, frame: 3 });
		const steps = history.length;
		go({ frame: 4 });
		expect(history.length).toBe(steps);
		go({ study: OTHER });
		expect(history.length).toBe(steps + 1);
		expect(place.value).toEqual({ study: OTHER, analysis: null, image: null, frame: 0 });
		expect(location.hash).toBe(`#/studies/${OTHER}`);
	});
});
