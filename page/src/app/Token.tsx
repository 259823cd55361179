/** Asks for the server's token, and lets what waits for it go on. */
import { useSignal } from "@preact/signals";
import { asProblem, type Problem, problemOf } from "../api/problem";
import { isLocked } from "../api/reach";
import { returns } from "./connection";
import { Dialog } from "./Dialog";
import { refresh } from "./fresh";

/** Trade the token for a session. Throws a Problem. */
export async function unlock(token: string): Promise<void> {
	// Not by way of `reach`, which would wait for this to succeed.
	const answer = await fetch("/api/session", {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ token }),
	});
	if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
	isLocked.value = false;
}

export function Token() {
	const problem = useSignal<Problem | null>(null);
	if (!isLocked.value) return null;
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const given = new FormData(event.currentTarget as HTMLFormElement).get("token");
		try {
			await unlock(String(given));
			problem.value = null;
			returns.value++;
			refresh();
		} catch (thrown) {
			problem.value = asProblem(thrown);
		}
	};
	return (
		<Dialog title="This server asks for its token" onClose={null}>
			<form onSubmit={submit} class="stack">
				<p>
					Whoever started it knows the token: it was given with <code>--token</code> or{" "}
					<code>NODULENS_TOKEN</code>. What you were doing goes on afterwards.
				</p>
				<label>
					Token
					<input
						type="password"
						name="token"
						required
						autocomplete="current-password"
						aria-describedby="token-problem"
					/>
				</label>
				<p id="token-problem" class="problem" role="alert">
					{problem.value !== null && `${problem.value.message}: ${problem.value.todo}.`}
				</p>
				<button type="submit" class="primary">
					Open
				</button>
			</form>
		</Dialog>
	);
}
