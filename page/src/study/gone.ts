/** Deleting a study, and all that this browser keeps of it. */
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Study } from "../api/types";

const keepers = new Set<(study: Study) => void>();

/** Call a function for each study that is deleted here; for what rooms keep of studies. */
export function whenGone(forget: (study: Study) => void): void {
	keepers.add(forget);
}

/** Delete a study for good. Throws a Problem, unless somebody else was faster. */
export async function remove(study: Study): Promise<void> {
	try {
		await ask("delete", "/api/studies/{study}", { path: { study: study.id } });
	} catch (thrown) {
		if (asProblem(thrown).status !== 404) throw thrown;
	}
	for (const forget of keepers) forget(study);
}
