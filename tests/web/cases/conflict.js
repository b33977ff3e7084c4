// SPDX-License-Identifier: BSD-2-Clause
// Two people apply at the same time: who is later is told, and decides.
import { apply } from "../browser.js";
import { is, ok } from "../tap.js";

const rows = (page) => page.$$eval("#differs tbody tr", (all) => all.map((r) =>
	[...r.children].map((c) => c.textContent)));

async function both({ lab, browser }, mine, theirs) {
	await lab.do("fresh");
	const [one, two] = [await browser.user(), await browser.user()];
	await mine(one);
	await theirs(two);
	await apply(two);
	return one;
}

export async function mineOnTop(all) {
	const { lab } = all;
	const page = await both(all, async (one) => {
		await one.fill("#f-line-0-display", "mine");
		await one.fill("#f-server-1-port", "5064");
	}, async (two) => {
		await two.fill("#f-line-0-display", "theirs");
		await two.fill("#f-line-0-auth_user", "theirs");
	});
	await page.waitForSelector("#differs-show");
	ok(/Somebody else/.test(await page.textContent("#apply-state")),
		"that somebody else applied is told while editing");
	is(await page.inputValue("#f-line-0-display"), "mine", "what is typed stays");
	await page.click("#apply");
	await page.waitForSelector("#differs");
	is((await rows(page)).sort(), [
		["alice: Authentication user", "default", "theirs", "not changed"],
		["alice: Display name (changed here as well)", "default", "theirs", "mine"],
	], "what differs is shown");
	is((await lab.line("alice")).set.display, "theirs", "nothing of mine was applied");
	await page.click("#dialog-mine");
	await page.waitForFunction(() => /^Applied/.test(
		document.getElementById("apply-state").textContent));
	const line = await lab.line("alice");
	is([line.set.display, line.set.auth_user, line.servers[1].set.port],
		["mine", "theirs", 5064], "mine goes on top of theirs");
}

export async function theirs(all) {
	const { lab } = all;
	const page = await both(all, (one) => one.fill("#f-line-0-display", "mine"),
		(two) => two.fill("#f-line-0-display", "theirs"));
	await page.waitForSelector("#differs-show");
	await page.click("#differs-show");
	await page.waitForSelector("#differs");
	await page.keyboard.press("Escape");
	is(await page.inputValue("#f-line-0-display"), "mine", "Escape goes on editing");
	await page.click("#apply");
	await page.waitForSelector("#differs");
	await page.click("#dialog-theirs");
	await page.waitForFunction(() =>
		document.getElementById("f-line-0-display").value === "theirs");
	is(await page.locator("#discard").count(), 0, "who takes theirs has nothing to apply");
	is((await lab.line("alice")).set.display, "theirs", "and has changed nothing");
}

// Both requests are on their way: one of them wins, whole.
export async function atOnce({ lab, browser }) {
	await lab.do("fresh");
	const pages = [await browser.user(), await browser.user()];
	for (const [i, page] of pages.entries()) {
		await page.fill("#f-line-0-display", `person ${i}`);
		await page.fill("#f-line-0-auth_user", `person ${i}`);
	}
	await Promise.all(pages.map((page) => page.click("#apply")));
	const ends = await Promise.all(pages.map((page) => page.waitForFunction(() =>
		document.getElementById("differs") ? "told" : /^Applied/.test(
			document.getElementById("apply-state").textContent) && "applied")
		.then((h) => h.jsonValue())));
	is([...ends].sort(), ["applied", "told"], "one of two at once is applied, one is told");
	const { set } = await lab.line("alice");
	ok(set.display === set.auth_user && set.display === `person ${ends.indexOf("applied")}`,
		"and it is one person's form, not a mixture", JSON.stringify(set), ends);
}

export async function unchanged({ lab, browser }) {
	await lab.do("fresh");
	const [one, two] = [await browser.user(), await browser.user()];
	await two.fill("#f-line-0-display", "new");
	await apply(two);
	await one.waitForFunction(() =>
		document.getElementById("f-line-0-display").value === "new");
	ok(true, "who has changed nothing sees at once what another one applied");
	await two.click("#line-remove");
	await two.click("#dialog-yes");
	await one.fill("#f-line-0-display", "mine");
	await apply(two);
	await one.click("#apply");
	await one.waitForSelector("#differs");
	ok(/removed/.test((await rows(one))[0][0]), "that the line is gone is told");
	await one.click("#dialog-mine");
	await one.waitForFunction(() => /^Applied/.test(
		document.getElementById("apply-state").textContent));
	is((await lab.line("alice"))?.set.display, "mine", "and it can come back");
}
