/** A button that opens a small panel below itself; a press elsewhere, or Escape, closes it. */
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

interface Props {
	name: string;
	title: string;
	icon: ComponentChildren;
	/** What is chosen, beside the sign; else it is the name. */
	now?: string | undefined;
	children: ComponentChildren;
}

/** So far from the page's edges, in CSS pixels. */
const EDGE = 8;

export function Menu({ name, title, icon, now, children }: Props) {
	const id = useId();
	const button = useRef<HTMLButtonElement>(null);
	const panel = useRef<HTMLElement>(null);
	const lay = () => {
		const [from, what] = [button.current, panel.current];
		if (from === null || what === null || !what.matches(":popover-open")) return;
		const { left, bottom } = from.getBoundingClientRect();
		const most = innerWidth - what.offsetWidth - EDGE;
		what.style.left = `${Math.max(EDGE, Math.min(left, most))}px`;
		what.style.top = `${bottom + 4}px`;
	};
	// The stage's own Escape would keep the browser from closing the panel.
	const close = (event: KeyboardEvent) => {
		if (event.key !== "Escape" || !panel.current?.matches(":popover-open")) return;
		event.preventDefault();
		event.stopPropagation();
		panel.current.hidePopover();
		button.current?.focus();
	};
	return (
		<>
			<button
				ref={button}
				type="button"
				popovertarget={id}
				onKeyDown={close}
				title={title}
				aria-label={now === undefined ? name : `${name}: ${now}`}
			>
				{icon}
				<span>{now ?? name}</span>
			</button>
			<section
				ref={panel}
				id={id}
				popover="auto"
				class="menu"
				aria-label={name}
				onToggle={lay}
				onKeyDown={close}
			>
				{children}
			</section>
		</>
	);
}

interface Choice<T extends string> {
	name: string;
	value: T;
	among: Record<T, string>;
	choose(value: T): void;
}

/** Radio buttons. */
export function Choose<T extends string>({ name, value, among, choose }: Choice<T>) {
	const group = useId();
	return (
		<fieldset>
			<legend>{name}</legend>
			{Object.entries<string>(among).map(([one, words]) => (
				<label key={one}>
					<input
						type="radio"
						name={group}
						checked={one === value}
						onChange={() => choose(one as T)}
					/>
					{words}
				</label>
			))}
		</fieldset>
	);
}

interface Span {
	name: string;
	value: number;
	min: number;
	max: number;
	step?: number;
	shown?: string;
	set(value: number): void;
}

export function Slider({ name, value, min, max, step = 1, shown, set }: Span) {
	const id = useId();
	return (
		<div class="slider">
			<label for={id}>{name}</label>
			<output for={id}>{shown ?? Math.round(value)}</output>
			<input
				id={id}
				type="range"
				min={min}
				max={max}
				step={step}
				value={value}
				onInput={(event) => set(Number(event.currentTarget.value))}
				// The page's keys work again once the pointer has let go.
				onPointerUp={(event) => event.currentTarget.blur()}
			/>
		</div>
	);
}
