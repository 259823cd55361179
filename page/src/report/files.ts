/** Files that the server makes: fetched, so that a refusal is said, then saved. */
import { problemOf, UNREACHABLE } from "../api/problem";

/** Fetch a file and save it under a name. Throws a Problem. */
export async function save(url: string, name: string): Promise<void> {
	let answer: Response;
	try {
		answer = await fetch(url);
	} catch {
		throw UNREACHABLE;
	}
	if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
	const address = URL.createObjectURL(await answer.blob());
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	link.click();
	// The browser has begun to read it by then.
	setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
