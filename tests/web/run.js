// SPDX-License-Identifier: BSD-2-Clause
// run.js [CASE...]: the cases of the page, as TAP.  See tests/check-web.
import { readdirSync } from "node:fs";
import { Browser } from "./browser.js";
import { Lab } from "./lab.js";
import { is, ok, plan } from "./tap.js";

const CASE_MS = 90000;
const cases = new URL("cases/", import.meta.url);
const wanted = process.argv.slice(2);

const found = {};
for (const name of readdirSync(cases).filter((n) => n.endsWith(".js")).sort())
	for (const [key, run] of Object.entries(await import(new URL(name, cases))))
		found[`${name.slice(0, -3)}.${key}`] = run;

const chosen = Object.keys(found).filter((name) => !wanted.length ||
	wanted.some((w) => name === w || name.startsWith(`${w}.`)));
if (!chosen.length) {
	console.error(`check-web: no such case; there are: ${Object.keys(found).join(" ")}`);
	process.exit(64);
}

const lab = new Lab(process.env.BUILD ?? "build");
const browser = await Browser.start();

function within(promise, name) {
	let timer;
	const limit = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no end after ${CASE_MS / 1000} s`)),
			CASE_MS);
	});

	return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

for (const name of chosen) {
	console.log(`# ${name}`);
	try {
		await within(found[name]({ lab, browser }), name);
	} catch (error) {
		ok(false, `${name} to its end`, error.stack, await lab.do("logs").catch(String));
	}
	await browser.forget();
	is(browser.heard(), [], `${name}: no error, no breach of the policy, nobody else asked`);
}
await browser.end();
await lab.end();
process.exit(plan());
