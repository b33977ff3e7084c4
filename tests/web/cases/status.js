// SPDX-License-Identifier: BSD-2-Clause
// Status, failovers, messages: as they happen, without a reload.
import { goTo } from "../browser.js";
import { A, B } from "../lab.js";
import { is, ok } from "../tap.js";

const working = (page, server) => page.waitForFunction((s) => document
	.querySelector("[data-line=alice] .works-at strong")?.textContent.startsWith(s), server);
const server = (page, ip) => page.textContent(`[data-line=alice] [data-server^="${ip}:"]`);

export async function failover({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	const page = await browser.user();
	await goTo(page, "status");
	await working(page, A);
	ok(/works/.test(await server(page, A)), "Status shows the working server");
	ok(/registered/.test(await page.textContent("[data-line=alice] .pill")), "and the line's state");
	await page.evaluate(() => {
		globalThis.said = [];
		const place = document.getElementById("say");
		new MutationObserver(() => globalThis.said.push(place.textContent))
			.observe(place, { childList: true });
	});
	await lab.do("server", { name: "a", up: false });
	await page.focus("#register-alice");
	await lab.rpc("register", { line: "alice" });
	await working(page, B);
	ok(true, "a failover is seen as it happens");
	await page.waitForFunction((a) => /told by/.test(document.querySelector(
		`[data-line=alice] [data-server^="${a}:"]`).textContent), A);
	const text = await server(page, A);
	ok(/down for \d+ s/.test(text), "the dead server, and since when", text);
	ok(/port unreachable/.test(text) && text.includes(`told by ${A}`),
		"why: the cause and who told it", text);
	await page.waitForFunction((a) => {
		const node = document.querySelector(
			`[data-line=alice] [data-server^="${a}:"] .age`);
		return node && parseInt(node.textContent, 10) >= 2;
	}, A);
	ok(true, "the age goes on");
	ok((await page.evaluate(() => globalThis.said))
		.some((t) => /works at 127\.0\.0\.2/.test(t)), "a screen reader is told");
	is(await page.evaluate(() => document.activeElement.id), "register-alice",
		"the focus stays where it was while all is drawn anew");

	await goTo(page, "failovers");
	await page.waitForSelector("[data-failover]");
	const head = await page.textContent("[data-failover] h2 >> nth=0");
	ok(/alice: 127\.0\.0\.1.*127\.0\.0\.2/.test(head), "Failovers has it", head);
	const times = await page.$$eval("[data-failover]:first-child .step .number",
		(all) => all.map((t) => Number(t.textContent.replace(/\D/g, ""))));
	ok(times.length >= 3 && times[0] === 0 && times.every((t, i) => !i || t >= times[i - 1]),
		"step by step, in microseconds", times);
	is(await page.locator("[data-failover]:first-child .bar").count(), times.length,
		"each with its bar");
	ok(/port unreachable/.test(await page.textContent("[data-failover]:first-child")),
		"and the cause");

	await page.reload();
	await goTo(page, "status");
	await page.waitForFunction((a) => /told by/.test(document.querySelector(
		`[data-line=alice] [data-server^="${a}:"]`)?.textContent), A);
	ok(true, "who comes later sees who told it too");

	await lab.do("server", { name: "a", up: true });
	await page.click("[data-line=alice] >> text=Register now");
	await working(page, A);
	ok(true, "a registration by hand goes back to the primary");
	await goTo(page, "failovers");
	await page.waitForFunction(() => document.querySelectorAll("[data-failover]").length >= 2);
	ok(/back to a better server/.test(await page.textContent("[data-failover] >> nth=0")),
		"and is in Failovers, the newest first");
}

export async function calls({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	const page = await browser.user();
	await goTo(page, "status");
	await page.waitForSelector("#no-calls");
	const { call } = await lab.rpc("call", { line: "alice", uri: "sip:callee@example.com" });
	await page.waitForFunction((n) => /: up at/.test(document.querySelector(
		`[data-call="${n}"]`)?.textContent), call);
	ok(/sip:callee@example\.com/.test(await page.textContent(`[data-call="${call}"]`)),
		"a call is there as soon as it is up");
	await page.click(`#hangup-${call}`);
	await page.waitForSelector("#no-calls");
	ok((await lab.do("seen", { name: "a", method: "BYE" })).length === 1, "Hang up ends it");
}

export async function byHand({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "bob", at: B });
	const before = (await lab.do("seen", { name: "b" })).length;
	const page = await browser.user();
	await goTo(page, "status");
	await page.click("[data-line=bob] >> text=Register now");
	await page.waitForFunction(() => /registers now/.test(
		document.getElementById("acted").textContent));
	ok(await lab.do("registered", { line: "bob", at: B }) &&
		(await lab.do("seen", { name: "b" })).length > before, "a line registers by hand");
	await lab.do("stop");
	await page.waitForSelector("#away");
	await page.click("[data-line=bob] >> text=Register now");
	await page.waitForFunction(() => /^Not done/.test(
		document.getElementById("acted").textContent));
	ok(true, "what cannot be done is told");
}

export async function messages({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	await lab.do("registered", { line: "bob", at: B });
	const page = await browser.user();
	await goTo(page, "messages");
	await page.waitForSelector(".message");
	ok(/REGISTER/.test(await page.textContent(".message.out")), "Messages shows what was sent");
	ok(/200/.test(await page.textContent("tbody")), "and answered");
	await page.selectOption("#messages-line", "bob");
	await page.waitForFunction((b) => [...document.querySelectorAll(".message.out .where")]
		.every((w) => w.textContent.includes(b)) && document.querySelector(".message"), B);
	ok(true, "of one line, if wanted");
}

// What happened while the stream was broken.
export async function gap({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	const page = await browser.user();
	await page.route("**/api/events", (route) => route.abort());
	await page.reload();
	await page.waitForSelector("#stream");
	ok(true, "without events the page says so");
	await page.waitForSelector("#f-line-0-display");
	const { revision, lines: [, bob] } = await lab.rpc("config");
	await lab.rpc("config_apply", { revision, remove: [], lines: [{ name: "bob",
		set: { ...bob.set, display: "behind its back" },
		servers: bob.servers.map((s) => s.set), outbound_proxies: [] }] });
	await page.selectOption("#line-select", "bob");
	is(await page.inputValue("#f-line-0-display"), "", "and shows what it had");
	await page.unroute("**/api/events");
	await page.waitForFunction(() =>
		document.getElementById("f-line-0-display").value === "behind its back");
	await page.waitForSelector("#stream", { state: "detached" });
	ok(true, "what happened behind its back is shown once it can be");
	await goTo(page, "status");
	await working(page, A);
}

// Windows behind others leave the connection to those that are looked at.
export async function hidden({ lab, browser }) {
	const look = (page, state) => page.evaluate((s) => {
		Object.defineProperty(document, "visibilityState",
			{ get: () => s, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
	}, state);
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	const first = await browser.user();
	await goTo(first, "status");
	await working(first, A);
	const ended = first.waitForEvent("requestfailed",
		(r) => r.url().endsWith("/api/events"));
	await look(first, "hidden");
	await ended;
	ok(true, "a window that is hidden ends its stream");
	await lab.do("server", { name: "a", up: false });
	await lab.rpc("register", { line: "alice" });
	await lab.do("registered", { line: "alice", at: B });
	await look(first, "visible");
	await working(first, B);
	ok(true, "and shows what happened once it is looked at");

	// More windows of one browser than it opens connections to one server.
	const pages = [first];
	for (let i = 0; i < 7; i++) {
		const page = await first.context().newPage();
		await page.goto(first.url());
		await working(page, B);
		await look(page, "hidden");
		pages.push(page);
	}
	await look(pages[7], "visible");
	await lab.do("server", { name: "a", up: true });
	await lab.rpc("register", { line: "alice" });
	await working(pages[7], A);
	ok(true, "eight windows of one browser do not starve each other");
}
