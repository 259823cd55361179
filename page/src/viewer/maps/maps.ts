/** Maps over the frame: the segmenter's probability, and what the classifier looked at. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { addressOf } from "../../api/client";
import { asProblem, Problem } from "../../api/problem";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../../app/loaded";
import type { Pane, Spot } from "../../study/pane";
import { fetchBitmap, greyOf } from "../frames";
import { Kept } from "../kept";
import type { Place } from "../scene";
import { colourTable } from "./colours";

export type Kind = "none" | "confidence" | "looked-at";

export const kind = signal<Kind>("none");
export const opacity = signal({ confidence: 0.6, "looked-at": 0.9 });

interface Box {
	x: number;
	y: number;
	width: number;
	height: number;
}

export interface Drawn {
	place: Place;
	/** What is drawn, and where in the frame. */
	picture: CanvasImageSource;
	/** Part of the picture that shows the region. */
	part: Box;
	region: Box;
	/** Strip that says what the colours mean; null of a map whose legend the page draws. */
	legend: { picture: ImageBitmap; part: Box } | null;
}

/** What a pane is to show, if anything. */
export interface Wanted {
	kind: Exclude<Kind, "none">;
	spot: Spot;
	/** Of the map of what the classifier looked at. */
	nodule: number;
	/** Each has its own map. */
	version: number;
}

const FRAME = "/api/analyses/{analysis}/images/{image}/frames/{frame}";
/** Height of the legend below the server's picture of what was looked at. */
const LEGEND = 46;
/** Bytes of maps that are kept: 20 of the size 1024 × 768. */
const ROOM = 64 * 2 ** 20;
/** The frame has to rest so long before seconds of work are asked for. */
const REST = 400;

/** Return what a pane is to show, as text that is the same for the same map; null for nothing. */
export function wantedOf(pane: Pane): Wanted | null {
	const [spot, shown] = [pane.spot.value, valueIn(pane.shown.value)];
	if (kind.value === "none" || spot === null || shown === null) return null;
	const { finding, version } = shown.state;
	if (finding.frame !== spot.frame || finding.error != null) return null;
	if (kind.value === "confidence") return { kind: "confidence", spot, nodule: 0, version: 0 };
	const nodule = pane.selected.value;
	return nodule === null ? null : { kind: "looked-at", spot, nodule, version };
}

/** Read the header that says where a region lies. */
export function regionOf(header: string | null): Box {
	const [x, y, width, height] = (header ?? "").split(",").map(Number);
	const box = { x, y, width, height };
	if (Object.values(box).every((value) => Number.isInteger(value))) return box as Box;
	throw new Problem(0, "the server did not say where the map lies", "try again");
}

async function fetchMap(wanted: Wanted, signal: AbortSignal): Promise<Drawn> {
	const { image, frame } = wanted.spot;
	const place = { image, frame };
	if (wanted.kind === "confidence") {
		const url = addressOf(`${FRAME}/probabilities`, { ...wanted.spot });
		const { bitmap } = await fetchBitmap(url, signal);
		const { width, height, grey } = greyOf(bitmap);
		const picture = new OffscreenCanvas(width, height);
		const pixels = new ImageData(width, height);
		const words = new Uint32Array(pixels.data.buffer);
		const table = colourTable();
		for (let i = 0; i < grey.length; i++) words[i] = table[grey[i] as number] as number;
		picture.getContext("2d")?.putImageData(pixels, 0, 0);
		const all = { x: 0, y: 0, width, height };
		return { place, picture, part: all, region: all, legend: null };
	}
	const { nodule, spot } = wanted;
	const url = addressOf(`${FRAME}/nodules/{nodule}/looked-at`, { ...spot, nodule });
	const { bitmap, headers } = await fetchBitmap(url, signal);
	const { width } = bitmap;
	const height = bitmap.height - LEGEND;
	return {
		place,
		picture: bitmap,
		part: { x: 0, y: 0, width, height },
		region: regionOf(headers.get("Nodulens-Region")),
		legend: { picture: bitmap, part: { x: 0, y: height, width, height: LEGEND } },
	};
}

const found = new Kept<Drawn>(ROOM);
const states = new WeakMap<Pane, Signal<Loaded<Drawn>>>();

function stateOf(pane: Pane): Signal<Loaded<Drawn>> {
	const known = states.get(pane) ?? signal<Loaded<Drawn>>(EMPTY);
	states.set(pane, known);
	return known;
}

/** The map of a pane that {@link follow} keeps. */
export const mapOf = (pane: Pane): ReadonlySignal<Loaded<Drawn>> => stateOf(pane);

/** Load a pane's map; return what stops it, where something else is wanted first. */
export function load(pane: Pane, wanted: Wanted | null): () => void {
	const state = stateOf(pane);
	const key = JSON.stringify(wanted);
	const known = found.get(key);
	if (wanted === null || known !== undefined) {
		state.value = known === undefined ? EMPTY : ready(known);
		return () => {};
	}
	state.value = LOADING;
	const stopped = new AbortController();
	const begin = async () => {
		try {
			const drawn = await fetchMap(wanted, stopped.signal);
			found.set(key, drawn, 4 * drawn.part.width * drawn.part.height);
			if (!stopped.signal.aborted) state.value = ready(drawn);
		} catch (thrown) {
			if (!stopped.signal.aborted) state.value = { state: "failed", problem: asProblem(thrown) };
		}
	};
	const timer = setTimeout(begin, wanted.kind === "looked-at" ? REST : 0);
	return () => {
		clearTimeout(timer);
		stopped.abort();
	};
}
