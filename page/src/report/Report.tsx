/** The report, and what leaves the workbench. */
export function Report() {
	return <section class="report" aria-label="Report" />;
}
