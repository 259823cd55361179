/** Short messages at the page's edge: what was done, or what went wrong and what to do. */
import { signal } from "@preact/signals";
import { asProblem } from "../api/problem";

interface Message {
	id: number;
	text: string;
	todo: string | null;
}

const SECONDS = 6;
const messages = signal<Message[]>([]);
let count = 0;

/** Say something; a problem stays until it is closed. */
export function say(text: string, todo: string | null = null): void {
	const id = ++count;
	messages.value = [...messages.value.slice(-4), { id, text, todo }];
	if (todo === null) setTimeout(() => unsay(id), 1000 * SECONDS);
}

/** Say what went wrong and what to do. */
export function complain(thrown: unknown): void {
	const problem = asProblem(thrown);
	say(problem.message, problem.todo);
}

function unsay(id: number): void {
	messages.value = messages.value.filter((one) => one.id !== id);
}

export function Messages() {
	return (
		<div class="messages" role="status" aria-live="polite">
			{messages.value.map((one) => (
				<p key={one.id} class={one.todo === null ? "message" : "message problem"}>
					<span>
						{one.text}
						{one.todo !== null && <em> What to do: {one.todo}.</em>}
					</span>
					<button type="button" aria-label="Close this message" onClick={() => unsay(one.id)}>
						×
					</button>
				</p>
			))}
		</div>
	);
}
