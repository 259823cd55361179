/** What all of the stage share: how the frame lies, and what the pointer does. */
import { signal } from "@preact/signals";
import type { Tool } from "./scene";
import type { View } from "./view";

/** Null until a frame is laid out anew, as far as it goes. */
export const view = signal<View | null>(null);

/** Null: the pointer moves the frame. */
export const tool = signal<Tool | null>(null);

/** Take up a tool, or none, and put the one before away. */
export function take(next: Tool | null): void {
	if (tool.peek() === next) return;
	tool.peek()?.cancel?.();
	tool.value = next;
}
