/** Where the nodule lies and its diameters, as the user says. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { readSizes } from "./said";
import type { UserAttributes } from "./types";

const LONGEST = 100;

interface Props {
	yours: UserAttributes | null;
	onSay: (change: Partial<UserAttributes>) => void;
}

export function SiteAndSize({ yours, onSay }: Props) {
	const stored = yours?.size_mm?.join(" × ") ?? "";
	const written = useSignal(stored);
	const wrong = useSignal<string | null>(null);
	useEffect(() => {
		written.value = stored;
		wrong.value = null;
	}, [stored]);
	const size = () => {
		const read = readSizes(written.value);
		wrong.value = typeof read === "string" ? read : null;
		if (typeof read !== "string" && written.value !== stored) onSay({ size_mm: read });
	};
	return (
		<div class="fields">
			<label>
				Site
				<input
					type="text"
					maxLength={LONGEST}
					placeholder="e.g. right lobe, lower pole"
					value={yours?.site ?? ""}
					onChange={(event) => onSay({ site: event.currentTarget.value.trim() || null })}
				/>
			</label>
			<label>
				Diameters in mm
				<input
					type="text"
					inputMode="text"
					placeholder="e.g. 12 × 9 × 15"
					value={written.value}
					aria-invalid={wrong.value !== null}
					aria-describedby="size-wrong"
					onInput={(event) => {
						written.value = event.currentTarget.value;
					}}
					onChange={size}
				/>
			</label>
			<output id="size-wrong" class="problem">
				{wrong.value}
			</output>
		</div>
	);
}
