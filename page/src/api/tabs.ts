/** What one tab stores, the others hear of. */
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("nodulens") : null;

/** Requests that store nothing, though they are sent by POST. */
const PASSING = /\/(try|refine|parse|session)$/;

/** Tell the other tabs that a request changed something. */
export function tell(url: string): void {
	const { pathname } = new URL(url, location.href);
	if (!PASSING.test(pathname)) channel?.postMessage(pathname);
}

/** Call a function whenever another tab changed something. */
export function whenTold(run: () => void): () => void {
	channel?.addEventListener("message", run);
	return () => channel?.removeEventListener("message", run);
}
