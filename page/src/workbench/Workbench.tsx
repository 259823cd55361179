/** A study on the workbench: its frames, what is said of them, and what can be done. */
import { History } from "../edit/History";
import { Notices } from "../edit/Notices";
import { Tools } from "../edit/Tools";
import { Panel } from "../panel/Panel";
import { Report } from "../report/Report";
import { Stage } from "../viewer/Stage";
import { Words } from "../words/Words";
import { StudyBar } from "./StudyBar";
import { study } from "./session";
import "./workbench.css";

export function Workbench() {
	const open = study.value;
	if (open.state === "failed") {
		return (
			<main class="page">
				<p class="problem" role="alert">
					{open.problem.message}. What to do: {open.problem.todo}.
				</p>
				<a href="#/">All studies</a>
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
			<Stage />
			<div class="side">
				<Words />
				<Panel />
				<History />
				<Report />
			</div>
		</main>
	);
}
