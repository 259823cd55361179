/** A frame with its outlines and their numbers, as a still picture. */
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api/client";
import type { Reported } from "../api/types";
import type { Spot } from "../study/pane";
import { fetchPicture, frameUrl } from "../viewer/frames";
import { draw } from "./picture";

interface Props {
	spot: Spot;
	name: string;
	/** What is reported; where that is another, the outlines may be others. */
	stand: Reported;
}

export function FramePicture({ spot, name, stand }: Props) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const { analysis, image, frame } = spot;
	useEffect(() => {
		let wanted = true;
		Promise.all([
			fetchPicture(frameUrl(image, frame)),
			ask("get", "/api/analyses/{analysis}/images/{image}/frames/{frame}/contours", {
				path: { analysis, image, frame },
			}),
		]).then(
			([picture, { contours }]) => {
				const context = canvas.current?.getContext("2d");
				if (wanted && context) draw(context, picture, contours);
			},
			// The caption says whose picture is missing; the text is the report.
			() => {},
		);
		return () => {
			wanted = false;
		};
	}, [analysis, image, frame, stand]);
	return (
		<figure>
			<canvas ref={canvas} />
			<figcaption>
				{name}, frame {frame + 1}
			</figcaption>
		</figure>
	);
}
