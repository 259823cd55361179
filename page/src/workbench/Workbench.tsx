/** A study on the workbench: its frames, what is said of them, and what can be done. */
import { Failed } from "../app/Failed";
import { History } from "../edit/History";
import { Notices } from "../edit/Notices";
import { Tools } from "../edit/Tools";
import { Panel } from "../panel/Panel";
import { Report } from "../report/Report";
import { reload, study } from "../study/session";
import { Stage } from "../viewer/Stage";
import { Words } from "../words/Words";
import { LAYERS } from "./layers";
import { StudyBar } from "./StudyBar";
import "./workbench.css";

export function Workbench() {
	const open = study.value;
	if (open.state === "failed") {
		return (
			<main class="page">
				<Failed problem={open.problem} what="study" again={() => void reload()} />
			</main>
		);
	}
	if (open.state !== "ready") {
		return (
			<main class="page" aria-busy="true">
				<p>Loading the study …</p>
			</main>
		);
	}
	return (
		<main class="workbench">
			<StudyBar />
			<Notices />
			<Tools />
			<Stage layers={LAYERS} />
			<div class="side">
				<Words />
				<Panel />
				<History />
				<Report />
			</div>
		</main>
	);
}
