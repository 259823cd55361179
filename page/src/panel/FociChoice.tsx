/** Echogenic foci, all that apply. */
import { FOCI, type Focus, tick } from "./said";

interface Props {
	/** Id of what names it. */
	labelled: string;
	foci: Focus[] | null;
	/** Whether the model says any. */
	isTold: boolean;
	onSay: (foci: Focus[] | null) => void;
}

export function FociChoice({ labelled, foci, isTold, onSay }: Props) {
	return (
		<fieldset class="foci" aria-labelledby={labelled}>
			{FOCI.map((one) => (
				<label key={one}>
					<input
						type="checkbox"
						checked={foci?.includes(one) ?? false}
						onChange={(event) => onSay(tick(foci, one, event.currentTarget.checked))}
					/>
					{one}
				</label>
			))}
			{foci === null && <small>No tick: {isTold ? "as the model says" : "not given"}.</small>}
		</fieldset>
	);
}
