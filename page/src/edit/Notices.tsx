/** What the user should decide about corrections: unsaved outlines, an earlier version. */
import { valueIn } from "../app/loaded";
import { addressOf } from "../app/route";
import { timeOf } from "../app/words";
import { isSame } from "../study/pane";
import { pane, study } from "../study/session";
import { open, saveElsewhere, subject } from "./drafting";
import { restore } from "./history";
import { forget, type Kept, unsaved } from "./kept";
import "./notices.css";

export function Notices() {
	const spot = pane.spot.value;
	const drawn = subject.value;
	const waiting = unsaved.value.filter((one) => !isSame(one.spot, drawn?.spot ?? null));
	const version = pane.version.value;
	return (
		<div class="notices" role="status">
			{version !== null && <Earlier version={version} />}
			{waiting.map((one) =>
				isSame(one.spot, spot) ? (
					<Offered key={one.at} kept={one} />
				) : (
					<Left key={one.at} kept={one} />
				),
			)}
		</div>
	);
}

function Earlier({ version }: { version: number }) {
	return (
		<p>
			<span>
				{version === 0 ? "The model's own version" : `Version ${version}`}, to look at only.
			</span>
			<button type="button" onClick={() => void pane.look(null)}>
				Back to the newest
			</button>
			<button type="button" onClick={() => void restore(version)}>
				Restore this version
			</button>
		</p>
	);
}

const nameOf = ({ nodule }: Kept) => (nodule === null ? "a new nodule" : `nodule ${nodule}`);

/** An outline of this frame that was left, or that a reload interrupted. */
function Offered({ kept }: { kept: Kept }) {
	const shown = valueIn(pane.shown.value);
	if (shown === null || !isSame(shown.spot, kept.spot) || pane.version.value !== null) return null;
	const isOlder = shown.state.version > kept.version;
	return (
		<p>
			<span>
				There is an outline of {nameOf(kept)} from {timeOf(kept.at / 1000)} that was not saved.
				{isOlder && " The frame was changed since; your outline would lie on top."}
			</span>
			<button type="button" onClick={() => open()}>
				Restore it
			</button>
			<button type="button" onClick={() => forget(kept.spot)}>
				Discard it
			</button>
		</p>
	);
}

/** An outline of another frame. */
function Left({ kept }: { kept: Kept }) {
	const { analysis, image, frame } = kept.spot;
	const images = valueIn(study.value)?.images ?? [];
	const name = images.find((one) => one.id === image)?.name ?? "another study";
	return (
		<p>
			<span>
				The outline of {nameOf(kept)} on{" "}
				<a href={addressOf({ study: kept.study, analysis, image, frame })}>
					{name}, frame {frame + 1}
				</a>{" "}
				is not saved.
			</span>
			<button type="button" onClick={() => void saveElsewhere(kept)}>
				Save it
			</button>
			<button type="button" onClick={() => forget(kept.spot)}>
				Discard it
			</button>
		</p>
	);
}
