/** Asking the server, typed by its own description of itself. */
import { problemOf, UNREACHABLE } from "./problem";
import { reach } from "./reach";
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "delete";

type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;

/** Addresses that have an operation of a method. */
type With<M extends Method> = {
	[P in keyof paths]: [NonNullable<paths[P][M]>] extends [never] ? never : P;
}[keyof paths];

type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;

type Answer<O> = O extends { responses: infer R }
	? { [S in keyof R & (200 | 201 | 202 | 204)]: Json<R[S]> }[keyof R & (200 | 201 | 202 | 204)]
	: never;

/** Of an operation, what is to be put into its address: required where the address has it. */
type Parameters<O> = O extends { parameters: { path?: infer P; query?: infer Q } }
	? ([NonNullable<P>] extends [never] ? unknown : { path: NonNullable<P> }) &
			([NonNullable<Q>] extends [never] ? unknown : { query?: NonNullable<Q> })
	: unknown;

type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } }
	? { body: T }
	: unknown;

type Given<O> = Parameters<O> & Body<O>;

/** Return an address with its parameters in place. */
export function addressOf(
	path: string,
	parameters: Record<string, unknown> = {},
	query: Record<string, unknown> = {},
): string {
	const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
		encodeURIComponent(String(parameters[name])),
	);
	const asked = Object.entries(query).filter(([, value]) => value != null);
	const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)]));
	return search.size > 0 ? `${filled}?${search}` : filled;
}

/** Fetch something that is not JSON: a picture, a file. Throws a Problem. */
export async function fetchFile(url: string, init?: RequestInit): Promise<Response> {
	const answer = await reach(url, init);
	if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
	return answer;
}

/**
 * Ask the server for something, or tell it something.
 *
 * @param given - values of the address's parameters (`path`), of its query, and the body.
 * @throws Problem - it was refused, or no answer came.
 */
export async function ask<M extends Method, P extends With<M>>(
	method: M,
	path: P,
	given: Given<Operation<P, M>>,
): Promise<Answer<Operation<P, M>>> {
	const {
		path: parameters,
		query,
		body,
	} = given as Partial<Record<string, Record<string, unknown>>>;
	const answer = await reach(addressOf(path, parameters, query), {
		method: method.toUpperCase(),
		...(body !== undefined && {
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
		}),
	});
	const said = answer.status === 204 ? undefined : await answer.json().catch(() => null);
	if (!answer.ok) throw problemOf(answer.status, said);
	// The line broke in the middle of the answer.
	if (said === null) throw UNREACHABLE;
	return said;
}
