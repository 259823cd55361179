/** How far an analysis is, and how long it will still take. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import type { Analysis } from "../api/types";
import { left, secondsLeft } from "../app/pace";
import { complain } from "../app/say";
import { counted } from "../app/words";
import { update } from "../study/session";

interface Step {
	/** Seconds. */
	at: number;
	/** Frames that were done then. */
	done: number;
}

/** The pace is taken from what was done since one looks: the loading of the models is no pace. */
function leftOf({ first, last }: { first: Step; last: Step }, frames: number, now: number) {
	const done = last.done - first.done;
	const seconds = secondsLeft(done, frames - first.done, last.at - first.at);
	return seconds === null ? null : Math.max(0, seconds - (now - last.at));
}

const now = (): number => performance.now() / 1000;

export function Progress({ one }: { one: Analysis }) {
	const steps = useSignal<{ first: Step; last: Step } | null>(null);
	const time = useSignal(now());
	const busy = useSignal(false);
	const running = one.state === "running";

	useEffect(() => {
		if (!running) return;
		const step = { at: now(), done: one.frames_done };
		steps.value = { first: steps.peek()?.first ?? step, last: step };
	}, [running, one.frames_done]);
	useEffect(() => {
		const ticking = setInterval(() => {
			time.value = now();
		}, 1000);
		return () => clearInterval(ticking);
	}, []);

	const cancel = async () => {
		busy.value = true;
		try {
			update(await ask("post", "/api/analyses/{analysis}/cancel", { path: { analysis: one.id } }));
		} catch (thrown) {
			complain(thrown);
			busy.value = false;
		}
	};
	const seconds = steps.value === null ? null : leftOf(steps.value, one.frames, time.value);
	return (
		<div class="progress">
			<label>
				<span>{running ? "Analyzing" : "Waiting for its turn"}</span>
				<progress max={one.frames} value={running ? one.frames_done : undefined} />
			</label>
			<span>
				{one.frames_done} of {counted(one.frames, "frame")}
				{seconds !== null && `, ${left(seconds)}`}
			</span>
			<button type="button" disabled={busy.value} onClick={cancel}>
				Cancel
			</button>
		</div>
	);
}
