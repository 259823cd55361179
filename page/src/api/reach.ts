/**
 * Every request goes through here: what only reads waits until the server answers again, whatever
 * was refused for want of the token is asked again once it was given, and other tabs hear of changes.
 */
import { type Signal, signal } from "@preact/signals";
import { UNREACHABLE } from "./problem";
import { tell } from "./tabs";

/** Whether the last request got no answer. */
export const isAway = signal(false);
/** Whether the server wants its token. */
export const isLocked = signal(false);

/** So often a request is made though the server answers others meanwhile. */
const TRIES = 4;

/**
 * Ask for something.
 *
 * @throws Problem - no answer came to what would have changed something, and nobody knows whether
 * it did; or none comes to this request, though others are answered.
 */
export async function reach(url: string, init: RequestInit = {}): Promise<Response> {
	const changes = !["GET", "HEAD"].includes(init.method ?? "GET");
	for (let tries = 1; ; ) {
		let answer: Response;
		try {
			answer = await fetch(url, init);
		} catch (thrown) {
			if (init.signal?.aborted) throw thrown;
			isAway.value = true;
			if (changes || tries++ >= TRIES) throw UNREACHABLE;
			await untilFalse(isAway, init.signal);
			continue;
		}
		if (answer.status !== 401) {
			if (changes && answer.ok) tell(url);
			return answer;
		}
		isLocked.value = true;
		await untilFalse(isLocked, init.signal);
	}
}

/** Wait until the token was given. */
export const unlocked = (): Promise<void> => untilFalse(isLocked);

function untilFalse(flag: Signal<boolean>, signal?: AbortSignal | null): Promise<void> {
	return new Promise((resolve, reject) => {
		let stop = () => {};
		const abort = () => {
			stop();
			reject(signal?.reason);
		};
		signal?.addEventListener("abort", abort, { once: true });
		stop = flag.subscribe((raised) => {
			if (raised) return;
			// Not from within the subscription, which has not begun at the first call.
			queueMicrotask(() => stop());
			signal?.removeEventListener("abort", abort);
			resolve();
		});
	});
}
