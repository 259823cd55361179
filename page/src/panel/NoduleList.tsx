/** The frame's nodules, to choose from. */
import type { Contour } from "../api/types";
import { pane } from "../study/session";
import { colourOf } from "../viewer/outlines";
import { shown } from "./chosen";
import { axesOf, percent, spanOf } from "./words";

export function NoduleList() {
	const now = shown.value;
	if (now === null) return null;
	const { finding, by_user } = now.state;
	return (
		<ul class="nodules" aria-label="Nodules of this frame">
			{(finding.nodules ?? []).map((one) => {
				const said = by_user[one.id];
				const tirads = said?.tirads ?? one.tirads;
				const drawn = now.contours.find((contour) => contour.nodule === one.id);
				return (
					<li key={one.id}>
						<button
							type="button"
							aria-pressed={one.id === pane.selected.value}
							onClick={() => {
								pane.selected.value = one.id;
							}}
						>
							{drawn !== undefined && <Swatch of={drawn} />}
							<b>Nodule {drawn?.number ?? one.id}</b>
							<span>
								{axesOf(one)}
								{one.malignancy != null &&
									(one.malignancy.defer === true
										? " · malignancy: the model defers"
										: ` · malignancy ${percent(one.malignancy.probability)}`)}
								{tirads != null && ` · ${spanOf(tirads)}`}
							</span>
							<Standing verdict={said?.verdict ?? "open"} edited={drawn?.edited ?? false} />
						</button>
					</li>
				);
			})}
		</ul>
	);
}

/** The colour that the nodule has everywhere. */
function Swatch({ of }: { of: Contour }) {
	return <span class="swatch" style={{ background: colourOf(of) }} />;
}

function Standing({ verdict, edited }: { verdict: string; edited: boolean }) {
	const words = [...(verdict === "open" ? [] : [verdict]), ...(edited ? ["edited"] : [])];
	return words.length > 0 ? <em class={`verdict ${verdict}`}>{words.join(", ")}</em> : null;
}
