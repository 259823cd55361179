/** Sample frames that the server draws: synthetic ones, to try the workbench with. */
import { problemOf } from "../api/problem";
import { reach } from "../api/reach";
import { upload } from "./uploads";

export interface Sample {
	name: string;
	title: string;
	description: string;
}

const URL = "/api/samples";

export const thumbnailOf = ({ name }: Sample): string =>
	`${URL}/${encodeURIComponent(name)}/thumbnail`;

/** Throws a Problem. */
export async function fetchSamples(): Promise<Sample[]> {
	return (await checked(URL)).json();
}

/** Fetch a sample and upload it, as if it lay on this machine. Throws a Problem. */
export async function openSample(sample: Sample): Promise<void> {
	const content = await (await checked(`${URL}/${encodeURIComponent(sample.name)}`)).blob();
	const name = `${sample.name}.${content.type === "application/dicom" ? "dcm" : "png"}`;
	const file = new File([content], name, { type: content.type });
	await upload([{ file, name }], { name: sample.title, asked: {} });
}

async function checked(url: string): Promise<Response> {
	const answer = await reach(url);
	if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
	return answer;
}
