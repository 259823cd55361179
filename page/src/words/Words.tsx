/** Words that guide the segmentation. */
export function Words() {
	return <section class="words" aria-label="Words" />;
}
