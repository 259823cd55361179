/** The report of an analysis: what it says, its text to edit, and the ways out. */
import { useEffect } from "preact/hooks";
import type { Analysis, Reported, Study } from "../api/types";
import { Dialog } from "../app/Dialog";
import { valueIn } from "../app/loaded";
import { ReviewButtons } from "../study/ReviewButtons";
import { pane, study } from "../study/session";
import { modelsOf } from "../study/words";
import { DataSet } from "./DataSet";
import { Dicom } from "./Dicom";
import { load, report } from "./desk";
import { NoduleTable } from "./NoduleTable";
import { Sheet } from "./Sheet";
import { TextEditor } from "./TextEditor";
import "./report.css";

export function ReportDialog({ of, onClose }: { of: Analysis; onClose: () => void }) {
	const open = valueIn(study.value);
	// A verdict or a correction changes what the report says.
	useEffect(() => void load(of.id), [of.id, of.review_version, of.state]);
	if (open === null) return null;
	return (
		<Dialog title={`Report: ${open.name}`} onClose={onClose} size="wide">
			<Content of={of} study={open} onClose={onClose} />
		</Dialog>
	);
}

interface Props {
	of: Analysis;
	study: Study;
	onClose: () => void;
}

function Content({ of, study, onClose }: Props) {
	const loaded = report.value;
	if (loaded.state === "failed") {
		return (
			<>
				<p class="problem" role="alert">
					{loaded.problem.message}. What to do: {loaded.problem.todo}.
				</p>
				<button type="button" onClick={() => load(of.id)}>
					Try again
				</button>
			</>
		);
	}
	if (loaded.state !== "ready") return <p aria-busy="true">Loading the report …</p>;
	return (
		<div class="report">
			<p class="notice">{loaded.value.notice}</p>
			<div class="report-head">
				<p>{modelsOf(of.asked)}</p>
				{of.state === "done" ? (
					<ReviewButtons one={of} />
				) : (
					<p class="caution">The analysis is {of.state}: the report is not complete.</p>
				)}
			</div>
			<Structured reported={loaded.value} onClose={onClose} />
			<TextEditor of={of} reported={loaded.value} />
			<div class="ways-out">
				<Dicom of={of} study={study} />
				<DataSet of={of} />
			</div>
			<Sheet study={study} reported={loaded.value} spot={pane.spot.value} analysis={of.id} />
		</div>
	);
}

function Structured({ reported, onClose }: { reported: Reported; onClose: () => void }) {
	return (
		<section aria-label="What is reported">
			<h3>Nodules</h3>
			{reported.nodules.length > 0 ? (
				<NoduleTable nodules={reported.nodules} onGo={onClose} />
			) : (
				<p>No nodule is reported. This does not mean that there is none.</p>
			)}
			<h3>Remarks</h3>
			<ul>
				{reported.remarks.map((one) => (
					<li key={one}>{one}</li>
				))}
			</ul>
		</section>
	);
}
