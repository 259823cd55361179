/** The reported nodules side by side, row by row as a radiologist describes them. */
import { addressOf, place } from "../app/route";
import { type ReportedNodule, rowsOf } from "./rows";

interface Props {
	nodules: ReportedNodule[];
	/** Called when somebody goes to a nodule's frame; without it there are no links. */
	onGo?: () => void;
}

export function NoduleTable({ nodules, onGo }: Props) {
	return (
		<section class="nodule-table" aria-label="Reported nodules" tabIndex={onGo ? 0 : undefined}>
			<table>
				<thead>
					<tr>
						<td />
						{nodules.map((one) => (
							<th scope="col" key={one.label}>
								{onGo === undefined ? (
									one.label
								) : (
									<a
										href={addressOf({ ...place.value, image: one.image, frame: one.frame })}
										onClick={onGo}
									>
										{one.label}
									</a>
								)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rowsOf(nodules).map(({ name, values }) => (
						<tr key={name}>
							<th scope="row">{name}</th>
							{values.map(({ text, byUser }, i) => (
								<td key={nodules[i]?.label}>
									{text ?? <span class="hint">not given</span>}
									{byUser && <small class="by-reader"> by the reader</small>}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
