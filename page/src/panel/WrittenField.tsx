/** A field that is stored when it is left, and says what is wrong with what stands in it. */
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

interface Props<T> {
	label: string;
	hint: string;
	/** What is stored, as text. */
	stored: string;
	longest: number;
	/** Return what was written, or words that say what is wrong with it. */
	read: (text: string) => { value: T } | string;
	onSay: (value: T) => void;
}

export function WrittenField<T>({ label, hint, stored, longest, read, onSay }: Props<T>) {
	const written = useSignal(stored);
	const wrong = useSignal("");
	const described = useId();
	// What is being written stays, whatever else is stored meanwhile.
	useEffect(() => {
		written.value = stored;
		wrong.value = "";
	}, [stored]);
	const leave = () => {
		const found = read(written.peek());
		wrong.value = typeof found === "string" ? found : "";
		if (typeof found !== "string" && written.peek().trim() !== stored) onSay(found.value);
	};
	return (
		<label>
			{label}
			<input
				type="text"
				maxLength={longest}
				placeholder={hint}
				value={written.value}
				aria-invalid={wrong.value !== ""}
				aria-describedby={described}
				onInput={(event) => {
					written.value = event.currentTarget.value;
				}}
				onChange={leave}
			/>
			<output id={described} class="problem">
				{wrong.value}
			</output>
		</label>
	);
}
