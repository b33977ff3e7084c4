// SPDX-License-Identifier: BSD-2-Clause
// lab.py, from here: lab.do("fresh"), lab.do("server", { name: "a", up: false }).
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const URL_OF_PAGE = "http://127.0.0.1:8080/";
export const PASSWORD = "a password of the page";
export const A = "127.0.0.1", B = "127.0.0.2";

export class Lab {
	constructor(build) {
		this.process = spawn("/usr/bin/python3",
			[fileURLToPath(new URL("lab.py", import.meta.url)), build],
			{ stdio: ["pipe", "pipe", "inherit"] });
		this.waiting = [];
		createInterface({ input: this.process.stdout }).on("line", (line) => {
			const answer = JSON.parse(line), { resolve, reject } = this.waiting.shift();
			if (answer.error)
				reject(new Error(`lab: ${answer.error}`));
			else
				resolve(answer.result);
		});
		this.gone = new Promise((resolve) => this.process.on("exit", (status) => {
			for (const { reject } of this.waiting.splice(0))
				reject(new Error(`lab: ended with status ${status}`));
			resolve();
		}));
	}

	do(name, more = {}) {
		return new Promise((resolve, reject) => {
			this.waiting.push({ resolve, reject });
			this.process.stdin.write(`${JSON.stringify({ do: name, ...more })}\n`);
		});
	}

	rpc(method, params = {}) {
		return this.do("rpc", { method, params });
	}

	// What the daemon says of a line's configuration.
	async line(name) {
		return (await this.rpc("config")).lines.find((l) => l.name === name);
	}

	end() {
		this.process.stdin.end();
		return this.gone;
	}
}
