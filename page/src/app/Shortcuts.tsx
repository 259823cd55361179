/** What the keys do, as they are bound at the moment. */
import { signal } from "@preact/signals";
import { Dialog } from "./Dialog";
import { type Binding, bindings } from "./keys";

export const isListed = signal(false);

/** How keys are written on keyboards, where it differs from their names. */
const SIGNS: Record<string, string> = {
	" ": "Space",
	ArrowLeft: "←",
	ArrowRight: "→",
	ArrowUp: "↑",
	ArrowDown: "↓",
	Escape: "Esc",
	PageUp: "Page ↑",
	PageDown: "Page ↓",
};

/** Return the keys that are to be pressed together, as they are written on a keyboard. */
export function keysOf(name: string, isMac: boolean): string[] {
	// A plus after a plus is the key.
	const parts = name.split(/\+(?!$)/);
	return parts.map((part) => {
		if (part === "Mod") return isMac ? "⌘" : "Ctrl";
		return SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part);
	});
}

/** Return bindings by group, in the order in which they were bound; several keys for one thing together. */
export function grouped(all: Binding[]): [string, [string, string[]][]][] {
	const groups = new Map<string, Map<string, string[]>>();
	for (const { key, does, group } of all) {
		const known = groups.get(group) ?? new Map<string, string[]>();
		groups.set(group, known);
		const keys = known.get(does) ?? [];
		known.set(does, keys.includes(key) ? keys : [...keys, key]);
	}
	return [...groups].map(([group, known]) => [group, [...known]]);
}

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

export function Shortcuts() {
	if (!isListed.value) return null;
	const close = () => {
		isListed.value = false;
	};
	return (
		<Dialog title="Keyboard shortcuts" onClose={close}>
			<div class="shortcuts">
				{grouped(bindings.value).map(([group, known]) => (
					<section key={group}>
						<h3>{group}</h3>
						<dl>
							{known.map(([does, keys]) => (
								<div key={does}>
									<dt>
										{keys.map((key, index) => (
											<span key={key}>
												{index > 0 && " or "}
												{keysOf(key, isMac).map((part) => (
													<kbd key={part}>{part}</kbd>
												))}
											</span>
										))}
									</dt>
									<dd>{does}</dd>
								</div>
							))}
						</dl>
					</section>
				))}
			</div>
		</Dialog>
	);
}
