/** The study's name, its images and its analyses. */
import { valueIn } from "../app/loaded";
import { analysis, study } from "./session";

export function StudyBar() {
	return (
		<header class="study-bar">
			<h1>{valueIn(study.value)?.name}</h1>
			<p>{analysis.value?.state}</p>
		</header>
	);
}
