/** The nodule over the frames of its cine. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import type { FrameValues } from "../api/types";
import { addressOf, place } from "../app/route";
import { complain } from "../app/say";
import { pane } from "../study/session";
import { keyFrames } from "./keyFrames";
import type { Nodule } from "./types";

export function TrackFacts({ nodule }: { nodule: Nodule }) {
	const track = nodule.track;
	const curve = useSignal<FrameValues[] | null>(null);
	const spot = pane.spot.value;
	const [analysis, image] = [spot?.analysis, spot?.image];
	useEffect(() => {
		if (track == null || analysis === undefined || image === undefined) return;
		let wanted = true;
		ask("get", "/api/analyses/{analysis}/images/{image}/curve", {
			path: { analysis, image },
		}).then((found) => {
			if (wanted) curve.value = found;
		}, complain);
		return () => {
			wanted = false;
		};
	}, [analysis, image, track?.id]);
	if (track == null) return null;
	return (
		<section>
			<h2>In the cine</h2>
			<p>
				Seen on {track.frames} of {track.analyzed} analyzed frames, from frame {track.first + 1} to{" "}
				{track.last + 1}.
			</p>
			<ul class="key-frames">
				{keyFrames(curve.value ?? [], track.id).map(({ kind, frame }) => (
					<li key={`${kind} ${frame}`}>
						<a href={addressOf({ ...place.value, frame })}>
							{kind === "largest" ? "Largest section" : "Sharpest picture"}: frame {frame + 1}
						</a>
						{frame === spot?.frame && " (shown)"}
					</li>
				))}
			</ul>
		</section>
	);
}
