/** How far uploads are, and what became of files that were not kept. */
import { bytes, left, secondsLeft } from "../app/pace";
import { again, cancel, dismiss, type Upload, uploads } from "./uploads";
import "./uploads.css";

export function Uploads() {
	if (uploads.value.length === 0) return null;
	return (
		<section class="uploads" aria-label="Uploads">
			{uploads.value.map((one) => (
				<Line key={one.id} upload={one} />
			))}
		</section>
	);
}

function Line({ upload }: { upload: Upload }) {
	const { stage, what } = upload;
	switch (stage.at) {
		case "sending":
			return <Sending upload={upload} sent={stage.sent} total={stage.total} />;
		case "checking":
			return (
				<div class="upload">
					<p role="status">Checking and storing {what} …</p>
					<progress aria-label={`Checking ${what}`} />
				</div>
			);
		case "refused":
			return (
				<div class="upload" role="alert">
					<p>
						<strong>
							{stage.refused.length === 1
								? "One file was not kept"
								: `${stage.refused.length} files were not kept`}
						</strong>{" "}
						of {what}; the others are in the study {stage.study.name}.
					</p>
					<ul class="refused">
						{stage.refused.map((file) => (
							<li key={file.name}>
								<strong>{file.name}</strong>: {whyOf(file)}
							</li>
						))}
					</ul>
					<Dismiss upload={upload} />
				</div>
			);
		case "failed":
			return (
				<div class="upload" role="alert">
					<p class="problem">
						<strong>{what} was not uploaded:</strong> {stage.problem.message}.
					</p>
					<p>What to do: {stage.problem.todo}.</p>
					<p class="row">
						<button type="button" onClick={() => again(upload)}>
							Try again
						</button>
						<Dismiss upload={upload} />
					</p>
				</div>
			);
	}
}

function Sending({ upload, sent, total }: { upload: Upload; sent: number; total: number }) {
	const seconds = secondsLeft(sent, total, (performance.now() - upload.began) / 1000);
	const share = total > 0 ? sent / total : 0;
	return (
		<div class="upload">
			<p>
				Uploading {upload.what}: {bytes(sent)} of {bytes(total)}, {Math.floor(100 * share)} %
				{seconds !== null && `, ${left(seconds)}`}
			</p>
			<progress aria-label={`Uploading ${upload.what}`} value={share} max={1} />
			<button type="button" onClick={() => cancel(upload.id)}>
				Cancel
			</button>
		</div>
	);
}

function Dismiss({ upload }: { upload: Upload }) {
	return (
		<button type="button" onClick={() => dismiss(upload.id)}>
			Dismiss
		</button>
	);
}

/** The server begins with the file's name, which stands there already. */
function whyOf({ name, why }: { name: string; why: string }): string {
	return why.startsWith(`${name}: `) ? why.slice(name.length + 2) : why;
}
