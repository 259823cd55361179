/** How the tool that is taken up works. */
import { tool } from "../viewer/stage";
import { stand } from "./drafting";
import { heed } from "./refine";
import { brush, eraser, RADII, radius } from "./tools/brush";
import { clicks, isInside } from "./tools/clicks";
import { contour, REACHES, reach } from "./tools/contour";
import { closePolygon, corners, EFFECTS, polygon, polygonEffect } from "./tools/polygon";

export function Options() {
	const taken = tool.value;
	if (taken === brush || taken === eraser) {
		return <Slider label="Size" keys={[",", "."]} range={RADII} value={radius} />;
	}
	if (taken === contour) return <Slider label="Reach" range={REACHES} value={reach} />;
	if (taken === polygon) return <PolygonOptions />;
	if (taken === clicks) return <ClickOptions />;
	return null;
}

interface SliderProps {
	label: string;
	keys?: string[];
	range: readonly [number, number];
	value: { value: number };
}

function Slider({ label, keys, range: [min, max], value }: SliderProps) {
	return (
		<label class="tool-option">
			<span>
				{label}
				{keys?.map((key) => (
					<kbd key={key}>{key}</kbd>
				))}
			</span>
			<input
				type="range"
				min={min}
				max={max}
				value={value.value}
				onInput={(event) => {
					value.value = event.currentTarget.valueAsNumber;
				}}
			/>
			<output>{value.value} px</output>
		</label>
	);
}

const EFFECT_NAMES = { replace: "Replace", add: "Add to it", cut: "Cut out" };

function PolygonOptions() {
	return (
		<fieldset class="tool-option">
			<legend>Polygon</legend>
			{EFFECTS.map((one) => (
				<label key={one}>
					<input
						type="radio"
						name="polygon-effect"
						checked={polygonEffect.value === one}
						onChange={() => {
							polygonEffect.value = one;
						}}
					/>
					{EFFECT_NAMES[one]}
				</label>
			))}
			<button type="button" disabled={corners.value.length < 3} onClick={closePolygon}>
				Close
			</button>
		</fieldset>
	);
}

function ClickOptions() {
	const known = stand.value?.clicks ?? [];
	return (
		<fieldset class="tool-option">
			<legend>
				Click is <kbd>X</kbd>
			</legend>
			{[true, false].map((inside) => (
				<label key={String(inside)}>
					<input
						type="radio"
						name="click-side"
						checked={isInside.value === inside}
						onChange={() => {
							isInside.value = inside;
						}}
					/>
					{inside ? "Inside" : "Outside"}
				</label>
			))}
			<button type="button" disabled={known.length === 0} onClick={() => void heed([])}>
				Remove clicks
			</button>
		</fieldset>
	);
}
