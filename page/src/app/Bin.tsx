/** The sign of what deletes for good. */
export const Bin = () => (
	<svg class="bin" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
		<path d="M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5" />
	</svg>
);
