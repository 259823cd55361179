/** Files that the server makes: fetched, so that a refusal is said, then saved. */
import { fetchFile } from "../api/client";

/** Fetch a file and save it under a name. Throws a Problem. */
export async function save(url: string, name: string): Promise<void> {
	const address = URL.createObjectURL(await (await fetchFile(url)).blob());
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	link.click();
	// The browser has begun to read it by then.
	setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
