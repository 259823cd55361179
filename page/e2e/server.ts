/** The real server, with the shipped models, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");

/** The Python that Nodulens is installed for. */
export const PYTHON = process.env.NODULENS_PYTHON ?? join(ROOT, ".venv/bin/python");

export interface Server {
	/** As http://127.0.0.1:8631, without a slash at its end. */
	address: string;
	/** End it at once, as a power cut would. */
	kill(): Promise<void>;
	/** Start it again at the same address, with what it kept. */
	restart(): Promise<void>;
	/** End it and delete what it kept. */
	stop(): Promise<void>;
}

export async function serve(...options: string[]): Promise<Server> {
	if (!existsSync(PYTHON)) {
		throw new Error(`There is no ${PYTHON}: make it by make lint, or name one by NODULENS_PYTHON.`);
	}
	const data = mkdtempSync(join(tmpdir(), "nodulens-e2e-"));
	let { child, address } = await start(data, "0", options);
	const { port } = new URL(address);
	const kill = () => ended(child, "SIGKILL");
	return {
		address,
		kill,
		async restart() {
			({ child, address } = await start(data, port, options));
		},
		async stop() {
			await ended(child, "SIGTERM");
			rmSync(data, { recursive: true, force: true });
		},
	};
}

async function start(
	data: string,
	port: string,
	options: string[],
): Promise<{ child: ChildProcess; address: string }> {
	const command = ["-m", "nodulens.cli", "serve", "--no-browser", "--port", port, "--data", data];
	const child = spawn(PYTHON, [...command, ...options], {
		cwd: ROOT,
		env: { ...process.env, OMP_NUM_THREADS: "1" },
		stdio: ["ignore", "pipe", "inherit"],
	});
	for await (const line of createInterface({ input: child.stdout })) {
		const [address] = /http:\/\/\S+(?=\/)/.exec(line) ?? [];
		if (address !== undefined) return { child, address };
	}
	throw new Error("The server ended before it served; what it said stands above.");
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
	return new Promise((resolve) => {
		child.once("exit", () => resolve());
		child.kill(signal);
	});
}
