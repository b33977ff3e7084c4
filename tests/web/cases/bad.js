// SPDX-License-Identifier: BSD-2-Clause
// Values that are none: told at the field and in a summary; nothing is applied.
import { apply } from "../browser.js";
import { is, ok } from "../tap.js";

// Each kind of value; found by the page or by the daemon.
const WRONG = [
	["line-0-failback_interval", "abc", "#basic summary", "a number that is text"],
	["line-0-retry_counts", "21", "#basic summary", "a number above its range"],
	["line-0-retry_counts", "-1", "#basic summary", "a number below its range"],
	["server-0-port", "0", null, "a port that is none"],
	["server-0-port", "5060.5", null, "a number that is not whole"],
	["server-0-address", "two words", null, "a host with a space"],
	["server-0-address", "no_!_host", null, "a host that is none"],
	["line-0-failback_interval", "5", "#basic summary", "a number that only the daemon refuses"],
	["line-0-register_failover_codes", "99 abc", "#advanced > summary", "codes that are none"],
	["line-0-register_failover_codes", "200", "#advanced > summary", "a code that is no failure"],
	["line-0-user", "", null, "no user"],
	["line-0-display", "x".repeat(1000), null, "a text that is too long"],
	["server-0-expires", "99999999999", null, "a period beyond all ranges"],
];

async function tried(page, id, value, fold, what, revision, lab) {
	const open = fold && `details:has(> summary):has(#f-${id})`;

	if (fold && !await page.locator(open).last().evaluate((d) => d.open))
		await page.click(fold);
	const before = await page.inputValue(`#f-${id}`);
	await page.fill(`#f-${id}`, value);
	await page.click("#apply");
	await page.waitForSelector("#errors section");
	is(await page.evaluate(() => document.activeElement.id), `f-${id}`,
		`${what}: the focus goes to the field`);
	is(await page.getAttribute(`#f-${id}`, "aria-invalid"), "true", `${what}: it is marked`);
	const told = await page.evaluate((i) => document.getElementById(i)
		.getAttribute("aria-describedby").split(" ")
		.map((x) => document.getElementById(x).textContent).join(" "), `f-${id}`);
	const message = await page.textContent(`#f-${id}-error`);
	ok(message && told.includes(message), `${what}: it says why: ${message.slice(0, 60)}`);
	ok((await page.textContent("#errors section")).includes(message),
		`${what}: so does the summary`);
	is((await lab.rpc("config")).revision, revision, `${what}: nothing is applied`);
	await page.fill(`#f-${id}`, before);
	is(await page.getAttribute(`#f-${id}`, "aria-invalid"), null,
		`${what}: it is taken back once it is changed`);
}

export async function kinds({ lab, browser }) {
	await lab.do("fresh");
	const { revision } = await lab.rpc("config");
	const page = await browser.user();
	for (const [id, value, fold, what] of WRONG)
		await tried(page, id, value, fold, what, revision, lab);
}

export async function several({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.fill("#f-server-0-port", "0");
	await page.fill("#f-server-1-port", "65536");
	await page.selectOption("#line-select", "bob");
	await page.fill("#f-server-0-port", "x");
	await page.click("#apply");
	await page.waitForSelector("#errors section");
	is(await page.locator("#errors li").count(), 3, "the summary has every mistake");
	is(await page.evaluate(() => document.activeElement.id), "f-server-0-port",
		"the focus is at the first one that is shown");
	await page.click("#errors button >> text=alice >> nth=1");
	is([await page.inputValue("#line-select"), await page.evaluate(() =>
		document.activeElement.id)], ["alice", "f-server-1-port"],
	"the summary leads to the others, in their line");
	is(await page.getAttribute("#f-server-0-port", "aria-invalid"), "true",
		"where they are marked as well");
	await page.fill("#f-server-0-port", "5060");
	await page.fill("#f-server-1-port", "5060");
	await page.selectOption("#line-select", "bob");
	await page.fill("#f-server-0-port", "5060");
	await apply(page);
	is(await page.locator("#errors li").count(), 0, "put right, all is applied");
}

// A row that nothing is written in does not count, where the daemon numbers them.
export async function rows({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.click("#more > summary");
	await page.click("#add-server");
	await page.click("#add-server");
	await page.fill("#f-server-3-port", "5070");
	await page.click("#apply");
	await page.waitForSelector("#errors section");
	is(await page.evaluate(() => document.activeElement.id), "f-server-3-address",
		"a server without an address is told at its own row");
	await page.fill("#f-server-3-address", "192.0.2.4");
	await apply(page);
	is((await lab.line("alice")).servers.map((s) => s.values.address),
		["127.0.0.1", "127.0.0.2", "192.0.2.4"], "the empty row is left out");
}

// What comes from the network or an operator is text.
export async function markup({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	const name = "<img src=x onerror=alert(1)>";
	page.on("dialog", (d) => { ok(false, "a script ran"); d.dismiss(); });
	await page.click("#line-new");
	await page.fill("#dialog-text", name);
	await page.keyboard.press("Enter");
	await page.fill("#f-line-0-user", "eve");
	await page.fill("#f-line-0-display", "<script>alert(2)</script>");
	await page.fill("#f-server-0-address", "127.0.0.1");
	await apply(page);
	for (const view of ["status", "messages", "failovers"]) {
		await page.click(`#nav a[data-view=${view}]`);
		await page.waitForSelector(`#${view} > *`);
		is(await page.locator("main img, main script").count(), 0, `${view}: text stays text`);
	}
}

// Leaving a field shows what is wrong with it, which makes the page longer: not
// before the click that left it has met what it was meant for.
export async function finger({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user({ viewport: { width: 900, height: 2500 } });
	await page.fill("#f-server-0-port", "0");
	await page.fill("#f-server-0-expires", "1.5");
	const before = await page.locator("#apply").boundingBox();
	await page.mouse.move(before.x + before.width / 2, before.y + 4);
	await page.mouse.down();
	is((await page.locator("#apply").boundingBox()).y, before.y,
		"Apply stays where it is pressed");
	await page.mouse.up();
	await page.waitForSelector("#errors section");
	is(await page.locator("#errors li").count(), 2, "and is pressed");
	await page.fill("#f-server-0-port", "5060");
	await page.fill("#f-server-0-expires", "x");
	await page.press("#f-server-0-expires", "Tab");
	ok(await page.textContent("#f-server-0-expires-error"),
		"by keyboard the field tells it when it is left");
}
