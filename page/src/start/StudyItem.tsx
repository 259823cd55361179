/** A study in the list: what it is, how far it is, and the way to it. */
import type { Study } from "../api/types";
import { Bin } from "../app/Bin";
import { addressOf } from "../app/route";
import { counted, timeOf } from "../app/words";
import { STANDINGS } from "../study/words";
import { leading, standingOf } from "./standing";
import { Thumbnail } from "./Thumbnail";

interface Props {
	study: Study;
	onDelete: () => void;
}

export function StudyItem({ study, onDelete }: Props) {
	const [first] = study.images;
	const date = new Date(1000 * study.created);
	return (
		<li class="study">
			{first === undefined ? <span class="thumbnail" /> : <Thumbnail image={first.id} />}
			<div class="about">
				<a href={addressOf({ study: study.id, analysis: null, image: null, frame: 0 })}>
					{study.name}
				</a>
				<p>
					<time dateTime={date.toISOString()}>{timeOf(study.created)}</time>
					{" · "}
					{extentOf(study)}
				</p>
			</div>
			<State study={study} />
			<button
				type="button"
				class="quiet"
				aria-label={`Delete ${study.name}`}
				title="Delete"
				onClick={onDelete}
			>
				<Bin />
			</button>
		</li>
	);
}

/** Say how much there is to look at. */
function extentOf({ images }: Study): string {
	const frames = images.reduce((sum, one) => sum + one.frames, 0);
	const files = counted(images.length, "image");
	return frames > images.length ? `${files}, ${counted(frames, "frame")}` : files;
}

function State({ study }: { study: Study }) {
	const standing = standingOf(study);
	const by = leading(study);
	return (
		<div class={`state ${standing}`}>
			<span>{STANDINGS[standing]}</span>
			{standing === "running" && by !== null && (
				<>
					<progress
						aria-label={`Analysis of ${study.name}`}
						value={by.frames_done}
						max={Math.max(1, by.frames)}
					/>
					<small>
						{by.frames_done} of {counted(by.frames, "frame")}
					</small>
				</>
			)}
			{standing === "failed" && <small>{by?.error}</small>}
		</div>
	);
}
