/** The report: opened by G or a button, a dialog of its own. */
import { useEffect } from "preact/hooks";
import { bind } from "../app/keys";
import { analysis } from "../study/session";
import { askForReport, closeReport, isOpen } from "./open";
import { ReportDialog } from "./ReportDialog";

export function Report() {
	useEffect(() => {
		const unbind = bind({ key: "g", does: "Open the report", group: "Study", run: askForReport });
		return () => {
			unbind();
			// Another study begins without it.
			closeReport();
		};
	}, []);
	const of = analysis.value;
	if (!isOpen.value || of === null) return null;
	return <ReportDialog key={of.id} of={of} onClose={closeReport} />;
}
