// SPDX-License-Identifier: BSD-2-Clause
// faults.js [NAME...]: plants each mistake of tests/web/faults and runs its
// case, which has to fail.  TAP.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ok, plan } from "./tap.js";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const wanted = process.argv.slice(2);

// [{ name, file, run, from, to }]
function read(text) {
	const faults = [];

	for (const line of text.split("\n")) {
		const fault = faults.at(-1), rest = line.slice(1);
		if (line.startsWith("@ ")) {
			const [name, file, run] = line.slice(2).split(/ {2,}/);
			faults.push({ name, file, run, from: [], to: [] });
		} else if (line.startsWith("-")) {
			fault.from.push(rest);
		} else if (line.startsWith("+")) {
			fault.to.push(rest);
		}
	}
	return faults;
}

function plant(fault, page) {
	const path = join(page, fault.file), from = fault.from.join("\n");
	const parts = readFileSync(path, "utf8").split(from);

	if (parts.length !== 2)
		return false;
	writeFileSync(path, parts.join(fault.to.join("\n")));
	return true;
}

for (const fault of read(readFileSync(here("faults"), "utf8"))) {
	if (wanted.length && !wanted.includes(fault.name))
		continue;
	const dir = mkdtempSync(join(tmpdir(), "page-")), page = join(dir, "page");
	cpSync(here("../../tools/web/page"), page, { recursive: true });
	if (!plant(fault, page)) {
		ok(false, `${fault.name}: its text is not once in ${fault.file}`);
	} else {
		const run = spawnSync(process.execPath, [here("run.js"), fault.run],
			{ encoding: "utf8", env: { ...process.env, WEB_PAGE: page,
				WEB_LIMIT_MS: "4000" } });
		const why = run.stdout.split("\n").find((l) => l.startsWith("not ok"));
		const how = why ? `: ${why.replace(/^not ok \d+ - /, "")}` : "";
		ok(run.status === 1 && why, `${fault.name}: ${fault.run} fails${how}`,
			run.stdout, run.stderr);
	}
	rmSync(dir, { recursive: true });
}
process.exit(plan());
