/** Whether the report is open. */
import { signal } from "@preact/signals";

export const isOpen = signal(false);

export const askForReport = (): void => {
	isOpen.value = true;
};
