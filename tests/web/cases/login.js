// SPDX-License-Identifier: BSD-2-Clause
// Logging in (F-59): the way in, and the ways that are none.
import { apply, login } from "../browser.js";
import { PASSWORD, URL_OF_PAGE } from "../lab.js";
import { is, ok } from "../tap.js";

export async function noPassword({ lab, browser }) {
	await lab.do("fresh", { password: false });
	const page = await browser.person();
	await page.goto(URL_OF_PAGE);
	ok(/sipover-web --set-password/.test(await page.textContent("#command")),
		"without a password the page says what to run");
	is(await page.locator("#login-password").count(), 0, "and offers no login");
	await lab.do("set_password");
	await page.click("#again");
	await page.waitForSelector("#login-password");
	ok(true, "once it is set the page asks for it");
	await login(page);
	await page.waitForSelector("#f-line-0-user");
	ok(true, "and lets in");
}

export async function passwords({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.person();
	await page.goto(URL_OF_PAGE);
	await page.waitForSelector("#login-password");
	is(await page.evaluate(() => document.activeElement.id), "login-password",
		"the password's field has the focus");
	ok(!await page.isVisible("#nav"), "nothing else is shown");
	await login(page, "wrong");
	await page.waitForFunction(() => document.getElementById("login-error").textContent);
	is(await page.textContent("#login-error"), "This is not the password.",
		"a wrong password is told");
	is(await page.evaluate(() => [document.activeElement.id, document.activeElement
		.getAttribute("aria-invalid"), document.activeElement.getAttribute("aria-describedby")]),
	["login-password", "true", "login-error"], "at the field, which has the focus again");
	is((await page.context().cookies()).length, 0, "no cookie comes of it");
	is(await page.evaluate(async () => (await fetch("/api/config")).status), 401,
		"and no configuration");
	await login(page);
	await page.waitForSelector("#f-line-0-user");
	const [cookie] = await page.context().cookies();
	is([cookie.httpOnly, cookie.sameSite], [true, "Strict"],
		"F-59: the right one opens a session, out of reach of scripts and other sites");
	is(await page.evaluate(() => document.title), "Line - sipover", "the page opens at Line");
}

export async function tooMany({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.person();
	await page.goto(URL_OF_PAGE);
	await page.waitForSelector("#login-password");
	let text = "";
	for (let i = 0; i < 40 && !/^Too many/.test(text); i++) {
		const answer = page.waitForResponse((r) => r.url().endsWith("/api/login"));
		await login(page, `wrong ${i}`);
		await answer;
		await page.waitForFunction(() =>
			document.getElementById("login-error").textContent);
		text = await page.textContent("#login-error");
	}
	ok(/^Too many tries. Wait \d+ s/.test(text), "who tries on and on has to wait", text);
}

// One that was thrown away on the server: what is typed stays.
export async function expired({ lab, browser }) {
	await lab.do("fresh", { page: ["--session-life", "4"] });
	const page = await browser.user();
	await page.fill("#f-line-0-display", "typed before");
	await page.evaluate(async () => {
		while ((await fetch("/api/session")).status !== 401)
			await new Promise((again) => { setTimeout(again, 100); });
	});
	// It may be told before anything is asked for.
	page.click("#apply").catch(() => {});
	await page.waitForSelector("#login[open]");
	ok(/ended/.test(await page.textContent("#login")), "an expired session is told");
	is(await page.evaluate(() => document.activeElement.id), "login-password",
		"the focus is in the dialog");
	await page.keyboard.press("Escape");
	ok(await page.isVisible("#login[open]"), "which cannot be closed");
	await login(page);
	await page.waitForSelector("#login", { state: "detached" });
	is(await page.inputValue("#f-line-0-display"), "typed before", "what was typed is there");
	is((await lab.line("alice")).set.display, undefined, "and was not applied");
	await apply(page);
	is((await lab.line("alice")).set.display, "typed before", "until Apply in the new session");
}

export async function logout({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	const other = await page.context().newPage();
	await other.goto(URL_OF_PAGE);
	await other.waitForSelector("#f-line-0-user");
	await page.click("#logout");
	await page.waitForSelector("#login-password");
	is(await page.evaluate(async () => (await fetch("/api/config")).status), 401,
		"who logged out is out");
	await other.click("#nav a[data-view=status]");
	await other.waitForSelector("#login[open]");
	ok(true, "a second window of the session asks for the password");
	await login(other);
	await other.waitForSelector("#login", { state: "detached" });
	await other.waitForSelector("[data-line=alice]");
	ok(true, "and goes on");
}

export async function change({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.click("#nav a[data-view=password]");
	await page.fill("#p-old", PASSWORD);
	await page.fill("#p-new", "quite another password");
	await page.fill("#p-same", "not the same");
	await page.click("main button[type=submit]");
	ok(/differ/.test(await page.textContent("#p-error")), "a slip in the repetition is told");
	await page.fill("#p-same", "quite another password");
	await page.click("main button[type=submit]");
	await page.waitForFunction(() => /is changed/.test(
		document.getElementById("p-error")?.textContent));
	const next = await browser.person();
	await next.goto(URL_OF_PAGE);
	await login(next);
	await next.waitForFunction(() => document.getElementById("login-error").textContent);
	ok(true, "the old password does not let in any more");
	await login(next, "quite another password");
	await next.waitForSelector("#f-line-0-user");
	ok(true, "the new one does");
}

// Who only watches asks for nothing, and is told when that was too long.
export async function idle({ lab, browser }) {
	await lab.do("fresh", { page: ["--session-idle", "2"] });
	const page = await browser.user();
	await page.click("#nav a[data-view=status]");
	await page.waitForSelector("[data-line=alice]");
	await page.waitForSelector("#login[open]");
	ok(true, "a session that is not used ends while it is watched");
	await login(page);
	await page.waitForSelector("#login", { state: "detached" });
	await page.waitForSelector("#stream", { state: "detached" });
	ok(await page.isVisible("[data-line=alice]"), "and can be taken up again");
}
