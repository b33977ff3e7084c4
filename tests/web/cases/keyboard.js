// SPDX-License-Identifier: BSD-2-Clause
// By keyboard alone, from the login to Apply.
import { A, B, PASSWORD, URL_OF_PAGE } from "../lab.js";
import { is, ok } from "../tap.js";

const STEPS_MAX = 200;
const focused = (page) => page.evaluate(() => document.activeElement.id ||
	document.activeElement.textContent.trim());

// Tab until the element has the focus.
async function tabTo(page, wanted, key = "Tab") {
	for (let i = 0; i < STEPS_MAX; i++) {
		if (await focused(page) === wanted)
			return true;
		await page.keyboard.press(key);
	}
	return ok(false, `${wanted} can be reached by ${key}`);
}

export async function whole({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "bob", at: B });
	const page = await browser.person();
	await page.goto(URL_OF_PAGE);
	await page.waitForSelector("#login-password");
	await page.keyboard.type(PASSWORD);
	await page.keyboard.press("Enter");
	await page.waitForSelector("#f-line-0-user");
	await page.keyboard.press("Tab");
	await tabTo(page, "line-select");
	await page.keyboard.press("ArrowDown");
	is(await page.inputValue("#f-line-0-user"), "bob", "the arrows choose the line");
	is(await focused(page), "line-select", "the drop-down list keeps the focus");
	await tabTo(page, "f-line-0-display");
	await page.keyboard.type("By hand");
	await tabTo(page, "f-server-1-address");
	await page.keyboard.type(A);
	await tabTo(page, "f-server-1-transport");
	await page.keyboard.type("u");
	is(await page.inputValue("#f-server-1-transport"), "udp", "a letter chooses the transport");
	for (let i = 0; i < STEPS_MAX && !/^Basic Settings/.test(await focused(page)); i++)
		await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await tabTo(page, "f-line-0-failback_interval");
	await page.keyboard.type("77");
	await tabTo(page, "apply");
	ok(await page.evaluate(() => {
		const s = getComputedStyle(document.activeElement);
		return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
	}), "the focus is seen");
	await page.keyboard.press("Enter");
	await page.waitForFunction(() => /^Applied/.test(
		document.getElementById("apply-state").textContent));
	is(await focused(page), "apply", "Apply keeps the focus");
	const line = await lab.line("bob");
	is([line.set.display, line.servers[1].set, line.set.failback_interval],
		["By hand", { address: A, transport: "udp" }, 77], "everything is done by keyboard");
	await tabTo(page, "f-line-0-failback_interval", "Shift+Tab");
	ok(true, "and back again");
}

export async function dialogs({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.focus("#line-new");
	await page.keyboard.press("Enter");
	is(await focused(page), "dialog-text", "a dialog takes the focus");
	for (let i = 0; i < 6; i++)
		await page.keyboard.press("Tab");
	ok(await page.evaluate(() => document.activeElement === document.body ||
		document.querySelector("dialog").contains(document.activeElement)), "and keeps it");
	await page.keyboard.press("Escape");
	is(await focused(page), "line-new", "Escape closes it; the focus is where it was");
	await page.focus("#line-remove");
	await page.keyboard.press("Space");
	await page.keyboard.press("Escape");
	is(await focused(page), "line-remove", "so with a question");
}

export async function around({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.reload();
	await page.waitForSelector("#f-line-0-user");
	await page.keyboard.press("Tab");
	is(await focused(page), "skip", "the first stop is the way past the menu");
	ok(await page.evaluate(() => document.activeElement.getBoundingClientRect().left >= 0),
		"it is seen then");
	await page.keyboard.press("Enter");
	is(await focused(page), "main", "it leads to the content");
	for (const [view, title] of [["Status", "Status"], ["Failovers", "Failovers"],
		["Messages", "Messages"], ["Line", "Line"]]) {
		await page.evaluate(() => document.querySelector("#skip").focus());
		await tabTo(page, view);
		await page.keyboard.press("Enter");
		await page.waitForFunction((t) => document.activeElement.tagName === "H1" &&
			document.activeElement.textContent === t, title);
		ok((await page.title()).startsWith(title), `${view}: the heading has the focus, ` +
			"the window the title");
	}
	// What has the focus is not behind the bar at the bottom.
	const hidden = [];
	await page.focus("#line-select");
	for (let i = 0; i < 25; i++) {
		await page.keyboard.press("Tab");
		hidden.push(...await page.evaluate(() => {
			const n = document.activeElement;
			const bar = document.getElementById("apply-bar");
			const [a, b] = [n, bar].map((x) => x.getBoundingClientRect());
			return !bar.contains(n) && n.closest("#line-form") &&
				a.bottom > b.top + 1 ? [n.id || n.textContent] : [];
		}));
	}
	is(hidden, [], "nothing that has the focus is behind the bar with Apply");
}
