/** Where files come in: dropped, chosen or pasted. */
import { useRef } from "preact/hooks";
import { chosen } from "./gather";
import { OptionsForm } from "./OptionsForm";
import { takeOptions } from "./options";
import { upload } from "./uploads";

export function Choose() {
	const files = useRef<HTMLInputElement>(null);
	const folder = useRef<HTMLInputElement>(null);
	const take = (event: { currentTarget: HTMLInputElement }) => {
		const input = event.currentTarget;
		void upload(chosen(input.files ?? []), takeOptions());
		// So that the same choice can be made once more.
		input.value = "";
	};
	return (
		<section class="choose" aria-label="Upload">
			<p>
				<strong>Drop ultrasound images here</strong>
				<span>
					PNG, JPEG, BMP, TIFF, DICOM (cines too), ZIP archives or whole folders, anywhere on the
					page; or paste a picture.
				</span>
			</p>
			<p class="row">
				<button type="button" class="primary" onClick={() => files.current?.click()}>
					Choose files …
				</button>
				<button type="button" onClick={() => folder.current?.click()}>
					Choose a folder …
				</button>
			</p>
			<input ref={files} type="file" multiple hidden aria-label="Files" onChange={take} />
			<input
				ref={folder}
				type="file"
				multiple
				hidden
				aria-label="Folder"
				// @ts-expect-error -- in every browser, and in no standard
				webkitdirectory
				onChange={take}
			/>
			<OptionsForm />
		</section>
	);
}
