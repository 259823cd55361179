/** The page: its head, and the place where the user is. */
import { useEffect } from "preact/hooks";
import { Drop } from "../start/Drop";
import { Start } from "../start/Start";
import { Uploads } from "../start/Uploads";
import { Workbench } from "../workbench/Workbench";
import { Away } from "./Away";
import { watch } from "./connection";
import { watchOthers } from "./fresh";
import { Head } from "./Head";
import { bind } from "./keys";
import { place } from "./route";
import { isListed, Shortcuts } from "./Shortcuts";
import { Messages } from "./say";
import { Token } from "./Token";
import { watchPlace } from "./title";

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
