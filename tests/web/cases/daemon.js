// SPDX-License-Identifier: BSD-2-Clause
// The daemon goes away under the page, and comes back.
import { apply } from "../browser.js";
import { A } from "../lab.js";
import { is, ok } from "../tap.js";

const here = (page) => page.waitForSelector("#away", { state: "detached" });

async function gone(page) {
	await page.waitForSelector("#away");
	is(await page.getAttribute("#apply", "aria-disabled"), "true", "Apply waits for it");
	is(await page.inputValue("#f-line-0-display"), "typed", "the form stays");
}

async function back({ lab }, page) {
	await lab.do("start");
	await here(page);
	is(await page.inputValue("#f-line-0-display"), "typed", "what was typed outlives it");
	is(await page.getAttribute("#apply", "aria-disabled"), "false", "Apply is there again");
	await apply(page);
	is((await lab.line("alice")).set.display, "typed", "and applies it");
}

export async function restart(all) {
	const { lab, browser } = all;
	await lab.do("fresh");
	const page = await browser.user();
	await page.fill("#f-line-0-display", "typed");
	await lab.do("stop");
	await gone(page);
	await page.click("#apply", { force: true });
	await page.fill("#f-line-0-auth_user", "while it was away");
	await back(all, page);
	is((await lab.line("alice")).set.auth_user, "while it was away",
		"with what was typed while it was away");
}

export async function killed(all) {
	const { lab, browser } = all;
	await lab.do("fresh");
	const page = await browser.user();
	await page.fill("#f-line-0-auth_user", "kept");
	await apply(page);
	await page.fill("#f-line-0-display", "typed");
	await lab.do("kill");
	await gone(page);
	await back(all, page);
	is((await lab.line("alice")).set.auth_user, "kept", "what was applied outlives SIGKILL");
	ok(await lab.do("registered", { line: "alice", at: A }), "and the line registers again");
}

export async function awayFirst({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("stop");
	const page = await browser.person();
	await page.goto("http://127.0.0.1:8080/");
	await page.fill("#login-password", "a password of the page");
	await page.press("#login-password", "Enter");
	await page.waitForSelector("#away");
	ok(true, "who logs in without the daemon is told");
	await lab.do("start");
	await page.waitForSelector("#f-line-0-user");
	await here(page);
	ok(true, "the form comes with it");
}

// Changed by somebody else while it was away.
export async function another({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.fill("#f-line-0-display", "mine");
	await lab.do("stop");
	await page.waitForSelector("#away");
	await lab.do("start");
	const { revision } = await lab.rpc("config");
	await lab.rpc("config_apply", { revision, lines: [], remove: ["bob"] });
	await page.waitForSelector("#differs-show");
	is(await page.inputValue("#f-line-0-display"), "mine",
		"another's change during the restart is told, and mine stays");
}

export async function webRestart({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.fill("#f-line-0-display", "typed");
	await lab.do("stop_web");
	await page.waitForSelector("#stream");
	ok(/may be old/.test(await page.textContent("#stream")), "a broken connection is told");
	await page.click("#apply");
	await page.waitForFunction(() => /does not answer/.test(
		document.getElementById("apply-state").textContent));
	ok(true, "so is an Apply that did not arrive");
	await lab.do("start_web");
	await page.waitForSelector("#login[open]");
	await page.fill("#login-password", "a password of the page");
	await page.press("#login-password", "Enter");
	await page.waitForSelector("#stream", { state: "detached" });
	is(await page.inputValue("#f-line-0-display"), "typed", "the form outlives the web server");
	await apply(page);
	is((await lab.line("alice")).set.display, "typed", "and can be applied");
}
