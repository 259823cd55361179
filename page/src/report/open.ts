/** Whether the report is open. */
import { signal } from "@preact/signals";
import { say } from "../app/say";
import { analysis } from "../study/session";

export const isOpen = signal(false);

export function askForReport(): void {
	if (analysis.peek() !== null) isOpen.value = true;
	else say("There is no report yet", "analyze the study first");
}

export function closeReport(): void {
	isOpen.value = false;
}
