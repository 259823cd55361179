/** The uploads that are on their way, and those that left something to say. */
import { effect, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problem";
import { unlocked } from "../api/reach";
import type { RefusedFile, Study } from "../api/types";
import { place } from "../app/route";
import { open } from "../study/session";
import { fetchPicture, frameUrl } from "../viewer/frames";
import type { Named } from "./gather";
import { type Options, type Sending, send } from "./send";
import { add } from "./studies";

export type Stage =
	| { at: "sending"; sent: number; total: number }
	/** All bytes are there; the server looks at each file. */
	| { at: "checking" }
	/** The study is there, without the refused files; somebody is to hear of these, or of the study. */
	| { at: "kept"; study: Study; refused: RefusedFile[] }
	| { at: "failed"; problem: Problem };

export interface Upload {
	id: number;
	/** What is sent, in words. */
	what: string;
	files: Named[];
	options: Options;
	began: number;
	stage: Stage;
}

export const NO_OPTIONS: Options = { name: "", asked: {} };

export const uploads = signal<Upload[]>([]);
const sendings = new Map<number, Sending>();
let count = 0;

effect(() => {
	if (!uploads.value.some(({ stage }) => stage.at === "sending" || stage.at === "checking")) return;
	// The browser asks whether the page may be left.
	const leave = (event: Event) => event.preventDefault();
	addEventListener("beforeunload", leave);
	return () => removeEventListener("beforeunload", leave);
});

/** Say what is sent. */
export function whatOf(files: Named[]): string {
	const [first] = files;
	if (files.length === 1 && first !== undefined) return first.name;
	const tops = new Set(files.map(({ name }) => name.slice(0, name.indexOf("/") + 1)));
	const [top] = tops;
	const folder = tops.size === 1 && top ? ` of ${top.slice(0, -1)}` : "";
	return `${files.length} files${folder}`;
}

/** Upload files and show the study as soon as it is there, unless the user went on meanwhile. */
export async function upload(files: Named[], options: Options = NO_OPTIONS): Promise<void> {
	if (files.length === 0) return;
	const id = ++count;
	const total = files.reduce((sum, { file }) => sum + file.size, 0);
	const stage: Stage = { at: "sending", sent: 0, total };
	const began = performance.now();
	const from = place.peek().study;
	uploads.value = [...uploads.value, { id, what: whatOf(files), files, options, began, stage }];
	const sending = send(files, options, (sent, all) =>
		move(id, sent < all ? { at: "sending", sent, total: all } : { at: "checking" }),
	);
	sendings.set(id, sending);
	try {
		const { study, refused } = await sending.answer;
		add(study);
		const hasStayed = place.peek().study === from;
		if (hasStayed && refused.length === 0) dismiss(id);
		else move(id, { at: "kept", study, refused });
		if (!hasStayed) return;
		const [first] = study.images;
		// While the models look at it, the frame is on its way.
		if (first !== undefined) fetchPicture(frameUrl(first.id, 0)).catch(() => {});
		open(study);
	} catch (thrown) {
		if (thrown === null) {
			dismiss(id);
			return;
		}
		const problem = asProblem(thrown);
		if (problem.status !== 401) {
			move(id, { at: "failed", problem });
			return;
		}
		await unlocked();
		dismiss(id);
		return upload(files, options);
	} finally {
		sendings.delete(id);
	}
}

/** Stop an upload; nothing of it is kept. */
export const cancel = (id: number): void => sendings.get(id)?.cancel();

/** Send the same files once more. */
export function again(one: Upload): void {
	dismiss(one.id);
	void upload(one.files, one.options);
}

export function dismiss(id: number): void {
	uploads.value = uploads.value.filter((one) => one.id !== id);
}

function move(id: number, stage: Stage): void {
	uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, stage } : one));
}
