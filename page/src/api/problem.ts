/** What went wrong, and what to do: each answer of status 400 or above says both. */
export class Problem extends Error {
	constructor(
		/** Of HTTP; 0 where no answer came. */
		readonly status: number,
		error: string,
		readonly todo: string,
	) {
		super(error);
	}
}

export const UNREACHABLE = new Problem(
	0,
	"the server does not answer",
	"start it again with nodulens serve; the page goes on by itself",
);

/** Read a problem out of an answer's body, whatever it holds. */
export function problemOf(status: number, body: unknown): Problem {
	if (typeof body === "object" && body !== null && "error" in body && "todo" in body) {
		return new Problem(status, String(body.error), String(body.todo));
	}
	return new Problem(status, `the server answered with status ${status}`, "try again");
}

/** Return anything thrown as a problem. */
export function asProblem(thrown: unknown): Problem {
	if (thrown instanceof Problem) return thrown;
	// fetch has no other error for a connection that fails.
	if (thrown instanceof TypeError) return UNREACHABLE;
	return new Problem(0, String(thrown), "reload the page");
}
