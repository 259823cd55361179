/** Tools that correct an outline. */
export function Tools() {
	return <section class="tools" aria-label="Correction" />;
}
