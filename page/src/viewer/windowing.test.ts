import { beforeEach, expect, it } from "vitest";
import { grey, WHOLE } from "./picture";
import type { Press } from "./scene";
import { view } from "./stage";
import { fit, toFrame } from "./view";
import { windowing } from "./windowing";

const CANVAS = { width: 500, height: 400 };
const at = (x: number, y: number): Press => ({
	...toFrame(view.peek() ?? fit(CANVAS, CANVAS), { x, y }),
	scale: 1,
	shift: false,
	alt: false,
	secondary: true,
});

beforeEach(() => {
	grey.value = { level: 100, width: 100 };
});

it.each([false, true])("widens to the right and brightens downwards, mirrored: %s", (flipX) => {
	view.value = fit({ width: 250, height: 200 }, CANVAS, { flipX });
	windowing.down(at(200, 200));
	windowing.move?.(at(240, 220), true);
	expect(grey.value.width).toBeCloseTo(140);
	expect(grey.value.level).toBeCloseTo(90);
	windowing.up?.(at(240, 220));
	windowing.move?.(at(300, 300), true);
	expect(grey.value.width).toBeCloseTo(140);
});

it("takes a drag back", () => {
	grey.value = WHOLE;
	windowing.down(at(10, 10));
	windowing.move?.(at(50, 90), true);
	windowing.cancel?.();
	expect(grey.value).toBe(WHOLE);
});
