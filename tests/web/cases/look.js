// SPDX-License-Identifier: BSD-2-Clause
// For small screens, for eyes that see little, for screen readers.
import { goTo } from "../browser.js";
import { A, B, URL_OF_PAGE } from "../lab.js";
import { is, ok } from "../tap.js";
import { findings } from "../look.js";

const VIEWS = ["line", "status", "failovers", "messages", "password"];

async function filled({ lab }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	await lab.do("server", { name: "a", up: false });
	await lab.rpc("register", { line: "alice" });
	await lab.do("registered", { line: "alice", at: B });
	await lab.rpc("call", { line: "alice", uri: "sip:callee@example.com" });
}

const content = { line: "#f-line-0-user", status: "[data-call]", failovers: "[data-failover]",
	messages: ".message", password: "#p-old" };

async function at(page, view) {
	await goTo(page, view);
	await page.waitForSelector(content[view]);
	if (view === "line")
		await page.evaluate(() => {
			for (const d of document.querySelectorAll("details"))
				d.open = true;
		});
}

// How wide the page is, and what sticks out of it.
const wide = (page) => page.evaluate(() => [document.documentElement.scrollWidth,
	...[...document.querySelectorAll("main *")].filter((n) => !n.closest(".wide, .unseen") &&
		n.getBoundingClientRect().right > innerWidth + 0.5)
		.map((n) => n.outerHTML.slice(0, 80))]);

export async function narrow(all) {
	await filled(all);
	const page = await all.browser.person({ viewport: { width: 320, height: 568 } });
	await page.goto(URL_OF_PAGE);
	await page.waitForSelector("#login-password");
	is(await wide(page), [320], "320 px: the login fits");
	await page.fill("#login-password", "a password of the page");
	await page.press("#login-password", "Enter");
	await page.waitForSelector("#f-line-0-user");
	for (const view of VIEWS) {
		await at(page, view);
		is(await wide(page), [320], `320 px: ${view} needs no scrolling to the side`);
		is(await page.evaluate(() => [...document.querySelectorAll(
			"button, select, summary, input")]
			.filter((n) => n.checkVisibility() && n.getBoundingClientRect().height < 24)
			.map((n) => n.outerHTML.slice(0, 80))),
		[], `320 px: ${view} can be tapped on`);
	}
	await goTo(page, "line");
	await page.click("#line-new");
	is(await wide(page), [320], "320 px: a dialog fits");
}

export async function readable(all) {
	await filled(all);
	for (const colorScheme of ["light", "dark"]) {
		const page = await all.browser.person({ colorScheme });
		await page.goto(URL_OF_PAGE);
		await page.waitForSelector("#login-password");
		is(await page.evaluate(findings), [], `${colorScheme}: login`);
		await page.fill("#login-password", "a password of the page");
		await page.press("#login-password", "Enter");
		await page.waitForSelector("#f-line-0-user");
		for (const view of VIEWS) {
			await at(page, view);
			is(await page.evaluate(findings), [],
				`${colorScheme}: ${view}: labels, landmarks, headings, contrast`);
		}
		await at(page, "line");
		await page.fill("#f-server-0-port", "x");
		await page.click("#apply");
		await page.waitForSelector("#errors section");
		is(await page.evaluate(findings), [], `${colorScheme}: errors`);
		await page.click("#line-new");
		is(await page.evaluate(findings), [], `${colorScheme}: a dialog`);
		await page.keyboard.press("Escape");
		await all.lab.do("stop");
		await page.waitForSelector("#away");
		is(await page.evaluate(findings), [], `${colorScheme}: without the daemon`);
		await page.context().close();
		await all.lab.do("start");
		await filled(all);
	}
}

// The checks themselves: each finds what is planted for it.
export async function findsFaults({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	const planted = {
		"no name": () => document.querySelector("main").append(document.createElement("button")),
		"no label": () => document.querySelector("label[for=f-line-0-user]").removeAttribute("for"),
		"twice": () => { document.querySelector("h1").id = "apply"; },
		"nothing of that id": () => document.getElementById("f-line-0-user")
			.setAttribute("aria-describedby", "nowhere"),
		"contrast": () => { document.querySelector("h1").style.color = "rgb(170, 170, 170)"; },
		"contrast of a placeholder": () => { document.querySelector("#f-server-0-port")
			.style.background = "rgb(120, 120, 120)"; },
		"heading": () => document.querySelector("main").append(document.createElement("h4")),
		"landmark": () => document.body.append(document.createElement("main")),
		"image": () => document.querySelector("main").append(document.createElement("img")),
	};
	for (const [what, plant] of Object.entries(planted)) {
		await page.reload();
		await page.waitForSelector("#f-line-0-user");
		await page.evaluate(plant);
		const found = await page.evaluate(findings);
		ok(found.length && found.every((f) => f.startsWith(what.split(" of a")[0])),
			`planted and found: ${what}`, ...found);
	}
}

export async function settings({ lab, browser }) {
	await lab.do("fresh");
	const back = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = await browser.user({ colorScheme: "light" });
	const dark = await browser.user({ colorScheme: "dark" });
	ok(await back(light) !== await back(dark), "the colours follow prefers-color-scheme");
	const still = await browser.user({ reducedMotion: "reduce" });
	await goTo(still, "status");
	await still.waitForSelector(".pill");
	is(await still.evaluate(() => [...document.querySelectorAll("*")].filter((n) => {
		const s = getComputedStyle(n);
		return s.transitionDuration.split(", ").some((d) => parseFloat(d)) ||
			s.animationName !== "none";
	}).length), 0, "nothing moves with prefers-reduced-motion");
	const large = await browser.user({ viewport: { width: 640, height: 400 } });
	await large.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
	is(await wide(large), [640], "text of twice the size still fits");
}
