/** A dialog over the page; Escape and its cross close it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
	title: string;
	children: ComponentChildren;
	/** Null: it closes by what is done in it alone. */
	onClose: (() => void) | null;
}

export function Dialog({ title, children, onClose }: Props) {
	const element = useRef<HTMLDialogElement>(null);
	const id = useId();
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
			aria-labelledby={id}
			onCancel={(event) => {
				event.preventDefault();
				onClose?.();
			}}
			// Where the browser knows it, a click beside the dialog closes it too.
			closedby={onClose === null ? "none" : "any"}
		>
			<div class="box">
				<header>
					<h2 id={id}>{title}</h2>
					{onClose !== null && (
						<button type="button" class="quiet" aria-label="Close" onClick={onClose}>
							×
						</button>
					)}
				</header>
				{children}
			</div>
		</dialog>
	);
}
