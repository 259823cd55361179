/** More analyses of the open study. */
import { ask } from "../api/client";
import type { Analysis, Asked } from "../api/types";
import { complain, say } from "../app/say";
import { showAnalysis, update } from "./session";

/** Queue an analysis; what is left out, the server fills in. Throws a Problem. */
export async function queue(study: string, asked: Partial<Asked>): Promise<Analysis> {
	const queued = await ask("post", "/api/studies/{study}/analyses", {
		path: { study },
		body: asked as Asked,
	});
	update(queued);
	return queued;
}

/** Analyze a study, and show that analysis; a problem is said. Returns whether it was queued. */
export async function analyze(
	study: string,
	asked: Partial<Asked>,
	done = "The analysis is queued; its findings are shown image by image",
): Promise<boolean> {
	try {
		showAnalysis((await queue(study, asked)).id);
	} catch (thrown) {
		complain(thrown);
		return false;
	}
	say(done);
	return true;
}
