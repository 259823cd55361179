/** A dialog over the page: it has the focus until it is closed, and gives it back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Messages } from "./say";
import "./dialog.css";

interface Props {
	title: string;
	/** Null: it closes by what is done in it alone. */
	onClose: (() => void) | null;
	/** "wide" takes as much room as there is. */
	size?: "narrow" | "wide";
	children: ComponentChildren;
}

export function Dialog({ title, onClose, size = "narrow", children }: Props) {
	const element = useRef<HTMLDialogElement>(null);
	const titled = useId();
	useEffect(() => {
		const shown = element.current;
		const before = document.activeElement;
		shown?.showModal();
		return () => {
			shown?.close();
			if (before instanceof HTMLElement && before.isConnected) before.focus();
		};
	}, []);
	return (
		<dialog
			ref={element}
			class={size === "wide" ? "dialog wide" : "dialog"}
			aria-labelledby={titled}
			onCancel={(event) => {
				event.preventDefault();
				onClose?.();
			}}
			// Where the browser knows it, a click beside the dialog closes it too.
			closedby={onClose === null ? "none" : "any"}
		>
			<header>
				<h2 id={titled}>{title}</h2>
				{onClose !== null && (
					<button type="button" class="quiet" aria-label="Close" onClick={onClose}>
						×
					</button>
				)}
			</header>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it, whatever stands in it. */}
			<div class="content" tabIndex={0}>
				{children}
			</div>
			{/* What the page says at its edge lies below an open dialog. */}
			<Messages />
		</dialog>
	);
}
