/** The study's images, small, to choose from. */
import { useEffect, useRef } from "preact/hooks";
import type { Image } from "../api/types";
import { bind } from "../app/keys";
import { counted } from "../app/words";
import { image, showImage } from "../study/session";
import { step } from "../study/step";

export function ImageStrip({ images }: { images: Image[] }) {
	const strip = useRef<HTMLOListElement>(null);
	const current = image.value?.id;
	useEffect(() => {
		const turn = (by: 1 | -1) => () => {
			const next = step(
				images.map((one) => one.id),
				image.peek()?.id ?? null,
				by,
			);
			if (next !== null) showImage(next);
		};
		return bind(
			{ key: "PageDown", does: "Next image", group: "Study", run: turn(1) },
			{ key: "PageUp", does: "Previous image", group: "Study", run: turn(-1) },
		);
	}, [images]);
	useEffect(() => {
		strip.current
			?.querySelector('[aria-current="true"]')
			?.scrollIntoView({ block: "nearest", inline: "nearest" });
	}, [current]);
	return (
		<nav class="strip" aria-label="Images of the study">
			<ol ref={strip}>
				{images.map((one) => (
					<li key={one.id}>
						<button
							type="button"
							aria-current={one.id === current}
							title={one.name}
							onClick={() => showImage(one.id)}
						>
							<img src={`/api/images/${one.id}/thumbnail`} alt="" loading="lazy" />
							<span>{one.name.split("/").at(-1)}</span>
							{one.frames > 1 && <small>{counted(one.frames, "frame")}</small>}
						</button>
					</li>
				))}
			</ol>
		</nav>
	);
}
