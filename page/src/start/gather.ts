/** Files out of what was dropped, chosen or pasted, with the folders they lie in. */

export interface Named {
	file: File;
	/** With its folders, "/" between them. */
	name: string;
}

/** Names that file managers leave behind, and no scanner wrote. */
const NOISE = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

/** Return the files of a choice; those of a folder carry its name. */
export function chosen(files: Iterable<File>): Named[] {
	const all = [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
	return withoutNoise(all);
}

/** Return the files of a drop, folders opened. Must be called while the drop's event is handled. */
export function dropped(data: DataTransfer): Promise<Named[]> {
	// The event's items are gone once it is over, so all entries are taken before any is waited for.
	const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
	const files = [...data.files];
	if (entries.length === 0) return Promise.resolve(chosen(files));
	return Promise.all(entries.map((entry) => inside(entry))).then((found) =>
		withoutNoise(found.flat()),
	);
}

/** Leave out what nobody meant to send, unless there is nothing else. */
function withoutNoise(all: Named[]): Named[] {
	const meant = all.filter(({ name }) => !NOISE.test(name));
	return meant.length > 0 ? meant : all;
}

async function inside(entry: FileSystemEntry): Promise<Named[]> {
	const name = entry.fullPath.replace(/^\//, "");
	if (entry.isFile) {
		const file = await new Promise<File>((resolve, reject) =>
			(entry as FileSystemFileEntry).file(resolve, reject),
		);
		return [{ file, name }];
	}
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	const found: Named[] = [];
	for (;;) {
		// A reader gives a hundred entries at a time, and none when it is through.
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
			reader.readEntries(resolve, reject),
		);
		if (some.length === 0) return found.sort((a, b) => compare(a.name, b.name));
		for (const one of some) found.push(...(await inside(one)));
	}
}

/** Order as people count: 2 before 10. */
const { compare } = new Intl.Collator("en", { numeric: true });
