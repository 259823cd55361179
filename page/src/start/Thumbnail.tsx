/** A study's first image, small; fetched when it comes into sight. */
import { useSignal } from "@preact/signals";
import { returns } from "../app/connection";

export function Thumbnail({ image }: { image: string }) {
	const failedAt = useSignal<number | null>(null);
	// What failed while the server was away is asked for again once it is back.
	if (failedAt.value === returns.value) return <span class="thumbnail" />;
	return (
		<img
			class="thumbnail"
			src={`/api/images/${image}/thumbnail`}
			alt=""
			loading="lazy"
			decoding="async"
			width={96}
			height={72}
			onError={() => {
				failedAt.value = returns.peek();
			}}
		/>
	);
}
