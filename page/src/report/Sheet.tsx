/** What is printed: the report alone, with its frames. It stands outside the page, unseen. */
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Reported, Study } from "../api/types";
import type { Spot } from "../study/pane";
import { draft } from "./desk";
import { textOf } from "./draft";
import { FramePicture } from "./FramePicture";
import { NoduleTable } from "./NoduleTable";
import { spotsOf } from "./spots";

interface Props {
	study: Study;
	reported: Reported;
	analysis: string;
	/** The frame that is looked at: the picture where no nodule is reported. */
	spot: Spot | null;
}

export function Sheet(props: Props) {
	const sheet = useRef<HTMLElement>(null);
	const text = textOf(draft.value, props.reported);
	useEffect(() => {
		const made = document.createElement("div");
		made.className = "print-sheet";
		document.body.append(made);
		sheet.current = made;
		return () => {
			render(null, made);
			made.remove();
		};
	}, []);
	useEffect(() => {
		if (sheet.current !== null) render(<Printed {...props} text={text} />, sheet.current);
	});
	return null;
}

function Printed({ study, reported, analysis, spot, text }: Props & { text: string }) {
	const spots = spotsOf(analysis, reported.nodules, spot);
	return (
		<>
			<h1>{study.name}</h1>
			<p class="notice">{reported.notice}</p>
			<p>
				Review: {reported.review}. {reported.stale && "Findings were corrected after this text."}
			</p>
			<pre>{text}</pre>
			<div class="pictures">
				{spots.map((one) => (
					<FramePicture
						key={`${one.image} ${one.frame}`}
						spot={one}
						stand={reported}
						name={study.images.find((image) => image.id === one.image)?.name ?? ""}
					/>
				))}
			</div>
			{reported.nodules.length > 0 && <NoduleTable nodules={reported.nodules} />}
			<p class="notice">{reported.notice}</p>
		</>
	);
}
