/** More analyses of the open study. */
import { ask } from "../api/client";
import type { Asked } from "../api/types";
import { complain, say } from "../app/say";
import { showAnalysis, update } from "./session";

/** Analyze a study, and show that analysis; a problem is said. Returns whether it was queued. */
export async function analyze(study: string, asked: Partial<Asked>): Promise<boolean> {
	try {
		const queued = await ask("post", "/api/studies/{study}/analyses", {
			path: { study },
			// What is left out, the server fills in.
			body: asked as Asked,
		});
		update(queued);
		showAnalysis(queued.id);
		say("The analysis is queued; its findings are shown image by image");
		return true;
	} catch (thrown) {
		complain(thrown);
		return false;
	}
}
