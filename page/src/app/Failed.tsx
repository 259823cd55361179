/** Something that could not be loaded: what is wrong, what to do, and the ways on. */
import type { Problem } from "../api/problem";

interface Props {
	problem: Problem;
	/** What was to be shown. */
	what: string;
	again: () => void;
}

export function Failed({ problem, what, again }: Props) {
	const isGone = problem.status === 404;
	return (
		<div class="failed" role="alert">
			<h1>{isGone ? `There is no such ${what}` : `The ${what} cannot be shown`}</h1>
			<p>
				{isGone
					? `It was deleted, or the address is not one of this server's.`
					: `${problem.message}. What to do: ${problem.todo}.`}
			</p>
			<p class="row">
				<a href="#/">All studies</a>
				<button type="button" onClick={again}>
					Try again
				</button>
			</p>
		</div>
	);
}
