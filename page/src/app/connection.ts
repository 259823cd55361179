/** Whether the server is there: seen by requests that fail, and asked for until it is back. */
import { effect, signal } from "@preact/signals";
import { isAway } from "../api/reach";
import type { Health } from "../api/types";

const AWAY_MS = 1000;
const PATIENCE_MS = 5000;

export const health = signal<Health | null>(null);
/** How often the server came back; what listens to it in another way than by requests begins anew. */
export const returns = signal(0);

/** See whether the server is there; tell. */
export async function look(): Promise<boolean> {
	try {
		const answer = await fetch("/api/health", { signal: AbortSignal.timeout(PATIENCE_MS) });
		if (!answer.ok) throw new Error(`status ${answer.status}`);
		health.value = await answer.json();
	} catch {
		isAway.value = true;
		return false;
	}
	if (isAway.peek()) {
		isAway.value = false;
		returns.value++;
	}
	return true;
}

/** Ask again and again while it is away. */
export function watch(): () => void {
	void look();
	return effect(() => {
		if (!isAway.value) return;
		let timer = 0;
		const again = async () => {
			if (!(await look())) timer = setTimeout(again, AWAY_MS) as unknown as number;
		};
		timer = setTimeout(again, AWAY_MS / 2) as unknown as number;
		return () => clearTimeout(timer);
	});
}
