/** Where the nodule lies and its diameters, as the user says. */
import { readSizes } from "./said";
import type { UserAttributes } from "./types";
import { WrittenField } from "./WrittenField";

interface Props {
	yours: UserAttributes | null;
	onSay: (change: Partial<UserAttributes>) => void;
}

export function SiteAndSize({ yours, onSay }: Props) {
	return (
		<div class="fields">
			<WrittenField
				label="Site"
				hint="e.g. right lobe, lower pole"
				stored={yours?.site ?? ""}
				longest={100}
				read={(text) => ({ value: text.trim() || null })}
				onSay={(site) => onSay({ site })}
			/>
			<WrittenField
				label="Diameters in mm"
				hint="e.g. 12 × 9 × 15"
				stored={yours?.size_mm?.join(" × ") ?? ""}
				longest={40}
				read={(text) => {
					const sizes = readSizes(text);
					return typeof sizes === "string" ? sizes : { value: sizes };
				}}
				onSay={(size_mm) => onSay({ size_mm })}
			/>
		</div>
	);
}
