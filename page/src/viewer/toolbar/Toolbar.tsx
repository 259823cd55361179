/** The stage's controls. */
import type { ComponentChildren } from "preact";
import { valueIn } from "../../app/loaded";
import { analysis, study } from "../../study/session";
import { modelsOf } from "../../study/words";
import { showsAxes } from "../axes";
import { measuring } from "../calipers/tool";
import {
	mirror,
	reset,
	showAll,
	showOneToOne,
	showWholeRange,
	windowAutomatically,
	zoomBy,
} from "../commands";
import { askForAnalysis } from "../compare/AskAnalysis";
import { beside } from "../compare/beside";
import { kind, opacity } from "../maps/maps";
import { style } from "../outlines";
import { grey, inRange } from "../picture";
import type { Tool } from "../scene";
import { take, tool, view } from "../stage";
import { windowing } from "../windowing";
import * as icon from "./icons";
import { Choose, Menu, Slider } from "./Menu";
import "./toolbar.css";

export const ZOOM_STEP = 1.25;

interface DoProps {
	name: string;
	keys: string;
	run: () => void;
	pressed?: boolean;
	children: ComponentChildren;
}

function Do({ name, keys, run, pressed, children }: DoProps) {
	return (
		<button
			type="button"
			aria-label={name}
			title={`${name} (${keys})`}
			aria-pressed={pressed}
			onClick={run}
		>
			{children}
		</button>
	);
}

function Take({ what, ...rest }: Omit<DoProps, "run" | "pressed"> & { what: Tool | null }) {
	const isTaken = tool.value === what;
	return <Do {...rest} pressed={isTaken} run={() => take(isTaken ? null : what)} />;
}

function ZoomControls() {
	return (
		<fieldset class="group" aria-label="Zoom">
			<Do name="Zoom out" keys="−" run={() => zoomBy(1 / ZOOM_STEP)}>
				<icon.ZoomOut />
			</Do>
			<output class="zoom" aria-label="Magnification">
				{Math.round(100 * (view.value?.scale ?? 1))} %
			</output>
			<Do name="Zoom in" keys="+" run={() => zoomBy(ZOOM_STEP)}>
				<icon.ZoomIn />
			</Do>
			<Do name="Fit" keys="0, double click" run={showAll}>
				<icon.Fit />
			</Do>
			<Do name="1:1, a pixel a pixel" keys="1" run={showOneToOne}>
				1:1
			</Do>
		</fieldset>
	);
}

function WindowMenu() {
	const { level, width } = grey.value;
	return (
		<Menu name="Window and level" title="Window and level" icon={<icon.Sliders />} now="W/L">
			<Slider
				name="Level"
				value={level}
				min={0}
				max={255}
				set={(value) => {
					grey.value = inRange({ level: value, width });
				}}
			/>
			<Slider
				name="Window"
				value={width}
				min={2}
				max={510}
				set={(value) => {
					grey.value = inRange({ level, width: value });
				}}
			/>
			<div class="presets">
				<button type="button" onClick={showWholeRange}>
					Whole range
				</button>
				<button type="button" onClick={windowAutomatically}>
					Automatic
				</button>
			</div>
			<p>Or drag with the right mouse button: across for contrast, down for brightness.</p>
		</Menu>
	);
}

const OUTLINES = { outline: "Outline", fill: "Filled", none: "None" };

function OverlayMenu() {
	const { mode, opacity: opaque } = style.value;
	return (
		<Menu name="Outlines" title="Outlines (o)" icon={<icon.Outline />} now={OUTLINES[mode]}>
			<Choose
				name="Nodules"
				value={mode}
				among={OUTLINES}
				choose={(value) => {
					style.value = { ...style.value, mode: value };
				}}
			/>
			<Slider
				name="Opacity"
				value={opaque}
				min={0.1}
				max={1}
				step={0.05}
				shown={`${Math.round(100 * opaque)} %`}
				set={(value) => {
					style.value = { ...style.value, opacity: value };
				}}
			/>
			<label>
				<input
					type="checkbox"
					checked={showsAxes.value}
					onChange={(event) => {
						showsAxes.value = event.currentTarget.checked;
					}}
				/>
				Axes of the selected nodule
			</label>
		</Menu>
	);
}

const MAPS = { none: "None", confidence: "Confidence", "looked-at": "What it looked at" };

function MapMenu() {
	const chosen = kind.value;
	return (
		<Menu
			name="Map"
			title="Map (m)"
			icon={<icon.Layers />}
			now={chosen === "none" ? undefined : chosen === "confidence" ? "Confidence" : "Looked at"}
		>
			<Choose
				name="Map"
				value={chosen}
				among={MAPS}
				choose={(value) => {
					kind.value = value;
				}}
			/>
			{chosen !== "none" && (
				<Slider
					name="Opacity"
					value={opacity.value[chosen]}
					min={0.1}
					max={1}
					step={0.05}
					shown={`${Math.round(100 * opacity.value[chosen])} %`}
					set={(value) => {
						opacity.value = { ...opacity.value, [chosen]: value };
					}}
				/>
			)}
		</Menu>
	);
}

function BesideMenu() {
	const others = (valueIn(study.value)?.analyses ?? []).filter(
		(one) => one.id !== analysis.value?.id,
	);
	return (
		<Menu name="Compare" title="Side by side with another analysis" icon={<icon.Beside />}>
			<p>Beside this analysis, show</p>
			<ul class="beside-choice">
				{others.map((one) => (
					<li key={one.id}>
						<button
							type="button"
							aria-pressed={beside.value === one.id}
							onClick={() => {
								beside.value = beside.value === one.id ? null : one.id;
							}}
						>
							{modelsOf(one.asked)}
						</button>
					</li>
				))}
			</ul>
			{others.length === 0 && <p>There is no other analysis of this study yet.</p>}
			<button type="button" onClick={askForAnalysis}>
				Analyze with other models …
			</button>
		</Menu>
	);
}

export function Toolbar() {
	const laid = view.value;
	return (
		<div class="toolbar">
			<fieldset class="group" aria-label="Pointer">
				<Take name="Move the frame" keys="Escape" what={null}>
					<icon.Hand />
				</Take>
				<Take name="Window and level" keys="w" what={windowing}>
					<icon.Contrast />
				</Take>
				<Take name="Calipers" keys="l" what={measuring}>
					<icon.Caliper />
				</Take>
			</fieldset>
			<ZoomControls />
			<fieldset class="group" aria-label="Frame">
				<Do
					name="Flip left and right"
					keys="h"
					pressed={laid?.flipX ?? false}
					run={() => mirror("x")}
				>
					<icon.FlipX />
				</Do>
				<Do
					name="Flip top and bottom"
					keys="v"
					pressed={laid?.flipY ?? false}
					run={() => mirror("y")}
				>
					<icon.FlipY />
				</Do>
				<Do name="Reset view and window" keys="z" run={reset}>
					<icon.Reset />
				</Do>
			</fieldset>
			<fieldset class="group" aria-label="Shown">
				<WindowMenu />
				<OverlayMenu />
				<MapMenu />
				<BesideMenu />
			</fieldset>
		</div>
	);
}
