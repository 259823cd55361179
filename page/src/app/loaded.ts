/** Something that comes from the server: not asked for, on its way, there, or failed. */
import type { Problem } from "../api/problem";

export type Loaded<T> =
	| { state: "empty" }
	| { state: "loading" }
	| { state: "ready"; value: T }
	| { state: "failed"; problem: Problem };

export const EMPTY: Loaded<never> = { state: "empty" };
export const LOADING: Loaded<never> = { state: "loading" };

export const ready = <T>(value: T): Loaded<T> => ({ state: "ready", value });

/** Return the value where there is one. */
export const valueIn = <T>(loaded: Loaded<T>): T | null =>
	loaded.state === "ready" ? loaded.value : null;
