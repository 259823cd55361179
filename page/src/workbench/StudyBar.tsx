/** The study's name, its images and its analyses. */
import { useSignal } from "@preact/signals";
import { Bin } from "../app/Bin";
import { valueIn } from "../app/loaded";
import { go } from "../app/route";
import { askForReport } from "../report/open";
import { DeleteStudy } from "../study/DeleteStudy";
import { study } from "../study/session";
import { AnalysisBar } from "./AnalysisBar";
import { ImageStrip } from "./ImageStrip";
import "./studybar.css";

export function StudyBar() {
	const deleting = useSignal(false);
	const open = valueIn(study.value);
	if (open === null) return null;
	return (
		<header class="study-bar">
			<div class="study-line">
				<h1>{open.name}</h1>
				<span class="study-actions">
					<button type="button" onClick={askForReport} title="Report (G)">
						Report
					</button>
					<button
						type="button"
						class="quiet"
						aria-label="Delete the study …"
						title="Delete the study …"
						onClick={() => {
							deleting.value = true;
						}}
					>
						<Bin />
					</button>
				</span>
			</div>
			<AnalysisBar study={open} />
			{open.images.length > 1 && <ImageStrip images={open.images} />}
			{deleting.value && (
				<DeleteStudy
					study={open}
					onClose={() => {
						deleting.value = false;
					}}
					onGone={() => go({ study: null })}
				/>
			)}
		</header>
	);
}
