// SPDX-License-Identifier: BSD-2-Clause
// docs/page-*.png: the page as it is, after a real failover.
import { statSync } from "node:fs";
import { Browser, goTo } from "./browser.js";
import { A, B, Lab } from "./lab.js";

const BYTES_MAX = 150000;
const lab = new Lab(process.env.BUILD ?? "build");
const browser = await Browser.start();
const file = (name) => new URL(`../../docs/page-${name}.png`, import.meta.url).pathname;

async function shot(page, name, clip) {
	const path = file(name);

	await page.evaluate(() => document.activeElement.blur());
	await page.screenshot({ path, ...clip });
	const { size } = statSync(path);
	console.log(`docs/page-${name}.png: ${size} bytes`);
	if (size > BYTES_MAX)
		throw new Error(`docs/page-${name}.png: ${size} bytes, at most ${BYTES_MAX}`);
}

await lab.do("fresh");
await lab.do("registered", { line: "alice", at: A });
await lab.do("registered", { line: "bob", at: B });
const page = await browser.user({ colorScheme: "light", viewport: { width: 860, height: 1150 } });
await shot(page, "line");
await page.setViewportSize({ width: 860, height: 620 });
await goTo(page, "status");
await page.waitForSelector("[data-line=alice]");
await lab.rpc("call", { line: "bob", uri: "sip:carol@example.com" });
await lab.do("server", { name: "a", up: false });
await page.click("[data-line=alice] >> text=Register now");
await page.waitForFunction(() => /told by/.test(
	document.querySelector("[data-line=alice]").textContent));
await page.waitForSelector("[data-call]");
await page.setViewportSize({ width: 860, height: 860 });
await shot(page, "status");
await goTo(page, "failovers");
await page.waitForSelector("[data-failover]");
await shot(page, "failover");
await browser.end();
await lab.end();
