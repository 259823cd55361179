/** Sample frames that the server draws: synthetic ones, to try the workbench with. */
import { fetchFile } from "../api/client";
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
	return (await fetchFile(URL)).json();
}

/** Fetch a sample and upload it, as if it lay on this machine. Throws a Problem. */
export async function openSample(sample: Sample): Promise<void> {
	const content = await (await fetchFile(`${URL}/${encodeURIComponent(sample.name)}`)).blob();
	const { name } = sample;
	const file = new File([content], name, { type: content.type });
	await upload([{ file, name }], { name: sample.title, asked: {} });
}
