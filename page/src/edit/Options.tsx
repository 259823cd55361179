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
				// The keys belong to the frame again once the slider is let go.
				onPointerUp={(event) => event.currentTarget.blur()}
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
				<Choice
					key={one}
					name={EFFECT_NAMES[one]}
					isChosen={polygonEffect.value === one}
					choose={() => {
						polygonEffect.value = one;
					}}
				/>
			))}
			<button
				type="button"
				class="after"
				disabled={corners.value.length < 3}
				onClick={closePolygon}
			>
				Close it
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
				<Choice
					key={String(inside)}
					name={inside ? "Inside" : "Outside"}
					isChosen={isInside.value === inside}
					choose={() => {
						isInside.value = inside;
					}}
				/>
			))}
			<button
				type="button"
				class="after"
				disabled={known.length === 0}
				onClick={() => void heed([])}
			>
				Remove all
			</button>
		</fieldset>
	);
}

/** One of several; buttons, since the arrow keys of radio buttons move the crosshair. */
function Choice(props: { name: string; isChosen: boolean; choose: () => void }) {
	return (
		<button type="button" aria-pressed={props.isChosen} onClick={props.choose}>
			{props.name}
		</button>
	);
}
