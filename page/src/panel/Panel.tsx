/** What is said of the chosen nodule. */
export function Panel() {
	return <section class="panel" aria-label="Nodule" />;
}
