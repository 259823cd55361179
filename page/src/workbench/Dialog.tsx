/** A dialog over the page: it has the focus until it is closed, by Escape too. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Messages } from "../app/say";
import "./dialog.css";

interface Props {
	title: string;
	onClose: () => void;
	/** "wide" takes as much room as there is. */
	size?: "narrow" | "wide";
	children: ComponentChildren;
}

export function Dialog({ title, onClose, size = "narrow", children }: Props) {
	const element = useRef<HTMLDialogElement>(null);
	const titled = useId();
	useEffect(() => {
		const before = document.activeElement;
		element.current?.showModal();
		return () => {
			if (before instanceof HTMLElement) before.focus();
		};
	}, []);
	return (
		<dialog ref={element} class={`dialog ${size}`} aria-labelledby={titled} onClose={onClose}>
			<header>
				<h2 id={titled}>{title}</h2>
				<button type="button" onClick={() => element.current?.close()}>
					Close
				</button>
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
