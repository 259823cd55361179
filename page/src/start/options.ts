/** What is said with the next upload, and with no other: words of one patient are not the next one's. */
import { signal } from "@preact/signals";
import type { Options } from "./send";
import { NO_OPTIONS } from "./uploads";

export const options = signal<Options>(NO_OPTIONS);

/** Return what is said with the upload that begins now. The models' choice stays. */
export function takeOptions(): Options {
	const taken = options.peek();
	const { text: _, ...kept } = taken.asked;
	options.value = { name: "", asked: kept };
	return taken;
}
