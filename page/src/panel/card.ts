/** Whose model card is open. */
import { signal } from "@preact/signals";

export const card = signal<string | null>(null);

export function showCard(name: string | null): void {
	card.value = name;
}
