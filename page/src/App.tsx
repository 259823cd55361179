/** The page: its head, and the place where the user is. */
import { useEffect } from "preact/hooks";
import { Away } from "./app/Away";
import { watch } from "./app/connection";
import { watchOthers } from "./app/fresh";
import { Head } from "./app/Head";
import { bind } from "./app/keys";
import { place } from "./app/route";
import { isListed, Shortcuts } from "./app/Shortcuts";
import { Messages } from "./app/say";
import { Token } from "./app/Token";
import { Drop } from "./start/Drop";
import { Start } from "./start/Start";
import { Uploads } from "./start/Uploads";
import { watchPlace } from "./title";
import { Workbench } from "./workbench/Workbench";

const KEYS = {
	key: "?",
	does: "List the shortcuts",
	group: "Everywhere",
	run: () => {
		isListed.value = true;
	},
};

export function App() {
	useEffect(() => {
		const ends = [watch(), watchOthers(), watchPlace(), bind(KEYS)];
		return () => {
			for (const end of ends) end();
		};
	}, []);
	return (
		<>
			<Head />
			<Away />
			<Uploads />
			{place.value.study === null ? <Start /> : <Workbench />}
			<Drop />
			<Messages />
			<Shortcuts />
			<Token />
		</>
	);
}
