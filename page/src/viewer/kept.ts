/** What was used last, as far as there is room for it. */
export class Kept<T> {
	readonly #room: number;
	readonly #all = new Map<string, { value: T; size: number }>();
	#size = 0;

	/** @param room - sum of the sizes of what is kept; the newest is kept however large. */
	constructor(room: number) {
		this.#room = room;
	}

	get(key: string): T | undefined {
		const known = this.#all.get(key);
		if (known === undefined) return undefined;
		// A map is in the order in which it was filled.
		this.#all.delete(key);
		this.#all.set(key, known);
		return known.value;
	}

	set(key: string, value: T, size: number): void {
		this.delete(key);
		this.#all.set(key, { value, size });
		this.#size += size;
		for (const oldest of this.#all.keys()) {
			if (this.#size <= this.#room || oldest === key) break;
			this.delete(oldest);
		}
	}

	delete(key: string): void {
		this.#size -= this.#all.get(key)?.size ?? 0;
		this.#all.delete(key);
	}
}
