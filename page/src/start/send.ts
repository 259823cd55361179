/** An upload: XMLHttpRequest, since fetch does not tell how far it is. */
import { Problem, problemOf, UNREACHABLE } from "../api/problem";
import { isAway, isLocked } from "../api/reach";
import { tell } from "../api/tabs";
import type { Asked, Uploaded } from "../api/types";
import type { Named } from "./gather";

const URL = "/api/studies";

/** What may be said with an upload. */
export interface Options {
	/** Of the study; "" for one made from the files' names. */
	name: string;
	asked: Partial<Asked>;
}

export interface Sending {
	/** Rejects with a Problem; with null if it was cancelled. */
	answer: Promise<Uploaded>;
	cancel: () => void;
}

/** Return the form of an upload. */
export function formOf(files: Named[], { name, asked }: Options): FormData {
	const form = new FormData();
	// Fields first: a server that reads on the fly knows them when the files come.
	if (name.trim() !== "") form.append("name", name.trim());
	const said = Object.entries(asked).filter(([, value]) => value !== null && value !== "");
	if (said.length > 0) form.append("asked", JSON.stringify(Object.fromEntries(said)));
	for (const one of files) form.append("files", one.file, one.name);
	return form;
}

/**
 * Send files.
 *
 * @param told - is called with the bytes that are sent, and all.
 */
export function send(
	files: Named[],
	options: Options,
	told: (sent: number, total: number) => void,
): Sending {
	const request = new XMLHttpRequest();
	const answer = new Promise<Uploaded>((resolve, reject) => {
		request.open("POST", URL);
		request.responseType = "json";
		request.upload.addEventListener("progress", (event) => told(event.loaded, event.total));
		request.addEventListener("load", () => {
			if (request.status === 201 && request.response !== null) {
				tell(URL);
				resolve(request.response);
				return;
			}
			if (request.status === 401) isLocked.value = true;
			reject(problemOf(request.status, request.response));
		});
		request.addEventListener("error", () => {
			isAway.value = true;
			// An upload does not go on by itself: it may have been stored just before the line broke.
			reject(new Problem(0, UNREACHABLE.message, "try again once it does; the files stay at hand"));
		});
		request.addEventListener("abort", () => reject(null));
		request.send(formOf(files, options));
	});
	return { answer, cancel: () => request.abort() };
}
