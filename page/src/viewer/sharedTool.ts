/** Of the chosen tool, what may be used on the frame beside too: it corrects nothing. */
import { computed } from "@preact/signals";
import { measuring } from "./calipers/tool";
import { tool } from "./stage";
import { windowing } from "./windowing";

export const sharedTool = computed(() =>
	tool.value === measuring || tool.value === windowing ? tool.value : null,
);
