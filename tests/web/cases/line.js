// SPDX-License-Identifier: BSD-2-Clause
// Line -> SIP, step by step (F-60 .. F-65).
import { apply } from "../browser.js";
import { A, B } from "../lab.js";
import { is, ok } from "../tap.js";

const optionsOf = (page, id) => page.$$eval(`${id} option`, (all) => all.map((o) => o.value));

export async function open({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	is(await page.$$eval("[aria-current=page]", (all) => all.map((a) => a.textContent)),
		["Line", "SIP"], "F-60: Line, and in it SIP, is open from the start");
	is(await optionsOf(page, "#line-select"), ["alice", "bob"],
		"F-61: the drop-down list has the lines");
	is(await page.inputValue("#f-line-0-user"), "alice", "the first one is shown");
	await page.selectOption("#line-select", "bob");
	is(await page.inputValue("#f-line-0-user"), "bob", "F-61: it selects the line");
	is(await page.inputValue("#f-server-0-address"), B, "with its servers");
	await page.click("nav.tabs a >> text=All lines");
	await page.waitForSelector("tbody th");
	is(await page.$$eval("tbody th", (all) => all.map((t) => t.textContent)),
		["alice", "bob"], "the other tab lists them all");
	await page.click("text=Edit >> nth=0");
	await page.waitForSelector("#line-form #f-line-0-user");
	is(await page.inputValue("#line-select"), "alice", "and leads to one");
}

export async function registration({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	const page = await browser.user();
	ok(!await page.isVisible("#f-line-0-password"), "F-62: the password is not in the form");
	is(await page.textContent("#f-line-0-password-state"), "set, not shown", "only that it is set");
	const raw = await page.evaluate(async () => (await fetch("/api/config")).text());
	ok(!/"pw"/.test(raw) && /password_set/.test(raw), "nor does the server tell it");
	await page.fill("#f-line-0-user", "alice2");
	await page.fill("#f-line-0-auth_user", "auth2");
	await page.fill("#f-line-0-domain", "example.net");
	await page.fill("#f-line-0-display", "Alice \"A\" <b>");
	await page.selectOption("#f-line-0-enabled", "on");
	await page.click("#f-line-0-password-replace");
	is(await page.evaluate(() => [document.activeElement.id, document.activeElement.type]),
		["f-line-0-password", "password"], "Replace opens its field, and goes there");
	await page.keyboard.type("another one");
	await apply(page);
	const line = await lab.line("alice");
	is([line.set.user, line.set.auth_user, line.set.domain, line.set.display,
		line.password_set], ["alice2", "auth2", "example.net", "Alice \"A\" <b>", true],
		"F-62: the registration data take effect");
	await lab.do("registered", { line: "alice", at: A });
	is(await lab.do("used", { name: "a", user: "auth2" }), "another one",
		"the line registers with the new password");
	const last = (await lab.do("seen", { name: "a" })).at(-1);
	ok(/alice2@example\.net/.test(last.from), "and the new address", last.from);
	is(await page.textContent("#f-line-0-password-state"), "set, not shown",
		"the form does not show it again");
	ok(!(await page.content()).includes("another one"), "the page has forgotten it");
	await page.click("#f-line-0-password-none");
	ok(/will be removed/.test(await page.textContent("#f-line-0-password-state")),
		"a password can be taken away");
	await apply(page);
	is((await lab.line("alice")).password_set, false, "by Apply");
}

export async function servers({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "bob", at: B });
	const page = await browser.user();
	is(await page.$$eval(".servers legend", (all) => all.map((l) => l.textContent)),
		["SIP Server 1 (primary)", "SIP Server 2 (backup)"], "F-63: two servers");
	is(await page.$$eval("#server-0 > .field", (all) => all.map((f) => f.dataset.key)),
		["address", "port", "expires", "transport"],
		"F-63: address, port, registration period, transport");
	is(await optionsOf(page, "#f-server-0-transport"), ["", "udp", "tcp", "tls"],
		"the transports are those of the daemon");
	await page.selectOption("#line-select", "bob");
	await page.fill("#f-server-0-address", A);
	await page.fill("#f-server-0-port", "5060");
	await page.fill("#f-server-0-expires", "600");
	await page.fill("#f-server-1-address", B);
	await page.fill("#f-server-1-port", "5062");
	await page.fill("#f-server-1-expires", "700");
	await page.selectOption("#f-server-1-transport", "tcp");
	await apply(page);
	is((await lab.line("bob")).servers.map((s) => [s.values.address, s.values.port,
		s.values.expires, s.values.transport]),
	[[A, 5060, 600, "udp"], [B, 5062, 700, "tcp"]], "F-63: both take effect");
	ok(await lab.do("registered", { line: "bob", at: A }), "the line moves to its new primary");
	is((await lab.do("seen", { name: "a" })).filter((r) => /bob/.test(r.from)).at(-1).expires,
		"600", "and registers for its period");
}

export async function basic({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	ok(!await page.isVisible("#f-line-0-failback"), "F-64: Basic Settings is folded");
	ok(/failback on, every 1800 s; 3 retries/.test(await page.textContent("#basic-now")),
		"and says what is in it");
	await page.click("#basic summary");
	for (const key of ["failback", "failback_interval", "retry_counts", "invite_retry_counts"])
		ok(await page.isVisible(`#f-line-0-${key}`), `F-64: ${key} is there`);
	await page.selectOption("#f-line-0-failback", "off");
	await page.fill("#f-line-0-failback_interval", "60");
	await page.fill("#f-line-0-retry_counts", "1");
	await page.fill("#f-line-0-invite_retry_counts", "2");
	await apply(page);
	const { values } = await lab.line("alice");
	is([values.failback, values.failback_interval, values.retry_counts,
		values.invite_retry_counts], [false, 60, 1, 2], "F-64: they take effect");
	ok(await page.isVisible("#f-line-0-failback"), "what was unfolded stays so");
	await page.selectOption("#f-line-0-profile", "yealink");
	is(await page.getAttribute("#f-line-0-failback_interval", "placeholder"), "120",
		"another profile shows its defaults");
	await page.fill("#f-line-0-failback_interval", "");
	await apply(page);
	is((await lab.line("alice")).values.failback_interval, 120,
		"an empty field is the profile's default");
}

export async function atomic({ lab, browser }) {
	await lab.do("fresh");
	await lab.do("registered", { line: "alice", at: A });
	await lab.do("registered", { line: "bob", at: B });
	const before = await lab.rpc("config");
	const sent = (await lab.do("seen", { name: "a" })).length;
	const page = await browser.user();
	await page.fill("#f-line-0-display", "One");
	await page.fill("#f-server-0-expires", "900");
	await page.selectOption("#line-select", "bob");
	await page.fill("#f-line-0-display", "Two");
	ok(/3 changes not applied yet: alice, bob/.test(await page.textContent("#apply-state")),
		"F-65: the page says what is not applied");
	is([(await lab.rpc("config")).revision, await lab.do("read", { name: "lines.json" }),
		(await lab.do("seen", { name: "a" })).length], [before.revision, null, sent],
	"F-65: nothing takes effect before Apply");
	const box = await page.locator("#apply").boundingBox();
	ok(await page.evaluate(() => document.querySelector("#line-form").lastElementChild.id) ===
		"apply-bar" && box.y + box.height <= 800, "F-65: Apply is at the bottom");

	// Half of it is wrong: nothing of it may happen.
	await page.fill("#f-server-0-port", "70000");
	await page.click("#apply");
	await page.waitForSelector("#errors section");
	is((await lab.rpc("config")).revision, before.revision,
		"F-65: one wrong value, and nothing takes effect");
	await page.fill("#f-server-0-port", "");
	await apply(page);
	const lines = (await lab.rpc("config")).lines;
	is(lines.map((l) => [l.values.display, l.servers[0].values.expires, l.origin]),
		[["One", 900, "applied"], ["Two", 3600, "applied"]],
		"F-65: the whole form takes effect at once");
	ok(await lab.do("read", { name: "lines.json" }), "and is kept");
	await page.click("#apply");
	ok(/nothing to apply/.test(await page.textContent("#apply-state")),
		"a second Apply has nothing to do");
	await page.reload();
	await page.waitForSelector("#f-line-0-user");
	is(await page.inputValue("#f-line-0-display"), "One", "it is there after a reload");
}

export async function moreOfIt({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.click("#more > summary");
	await page.click("#add-server");
	is(await page.evaluate(() => document.activeElement.id), "f-server-2-address",
		"a third server can be added, and has the focus");
	await page.keyboard.type("192.0.2.3");
	await apply(page);
	is((await lab.line("alice")).servers.length, 3, "and applied");
	await page.click("#drop-server");
	await apply(page);
	is((await lab.line("alice")).servers.length, 2, "and removed");
	await page.click("#add-outbound_proxy");
	await page.keyboard.type(B);
	await apply(page);
	is((await lab.line("alice")).outbound_proxies.map((p) => p.values.address), [B],
		"an outbound proxy as well");
	await page.click("#advanced > summary");
	const { keys } = await lab.rpc("config");
	const shown = await page.$$eval("[data-key]", (all) => all.map((f) => f.dataset.key));
	is(keys.line.map((k) => k.name).filter((n) => !shown.includes(n)), [],
		"every key of a line has a field");
	is(keys.server.map((k) => k.name).filter((n) => !shown.includes(n)), [],
		"every key of a server too");
	await page.selectOption("#f-line-0-failback_mode", "duration");
	await apply(page);
	is((await lab.line("alice")).values.failback_mode, "duration", "one of them is applied");
}

export async function comeAndGo({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	await page.click("#line-new");
	for (const [name, why] of [["", "needs a name"], ["alice", "a line of this name"],
		["x".repeat(64), "63 bytes"]]) {
		await page.fill("#dialog-text", name);
		await page.keyboard.press("Enter");
		ok((await page.textContent("#dialog-error")).includes(why), `a new line: ${why}`);
	}
	await page.fill("#dialog-text", "carol");
	await page.keyboard.press("Enter");
	is(await page.inputValue("#line-select"), "carol", "a new line is selected");
	await page.fill("#f-line-0-user", "carol");
	await page.fill("#f-line-0-password", "pw");
	await page.fill("#f-server-0-address", B);
	is((await lab.rpc("config")).lines.length, 2, "it is not there before Apply");
	await apply(page);
	ok(await lab.do("registered", { line: "carol", at: B }), "then it registers");
	await page.click("#line-remove");
	await page.click("#dialog-no");
	ok(await page.isVisible("#line-remove"), "removing asks first");
	await page.click("#line-remove");
	await page.click("#dialog-yes");
	ok(/will be removed/.test(await page.textContent("#line-form")), "and is not done at once");
	await page.click("#line-keep");
	ok(await page.isVisible("#f-line-0-user"), "it can be taken back");
	await page.click("#line-remove");
	await page.click("#dialog-yes");
	await apply(page);
	is((await lab.rpc("config")).lines.map((l) => l.name), ["alice", "bob"],
		"Apply removes the line");
	is(await optionsOf(page, "#line-select"), ["alice", "bob"], "from the list too");
}

export async function guard({ lab, browser }) {
	await lab.do("fresh");
	const page = await browser.user();
	const asked = [];
	page.on("dialog", (d) => { asked.push(d.type()); d.dismiss(); });
	await page.fill("#f-line-0-display", "not applied");
	await page.click("#nav a[data-view=status]");
	await page.waitForSelector("#status");
	await page.click("#nav a[data-view=line]");
	is(await page.inputValue("#f-line-0-display"), "not applied",
		"another view does not lose what is typed");
	const dialog = page.waitForEvent("dialog");
	await page.close({ runBeforeUnload: true });
	await dialog;
	is(asked, ["beforeunload"], "closing the page asks first");
	await page.click("#logout");
	await page.click("#dialog-no");
	is(await page.inputValue("#f-line-0-display"), "not applied", "so does logging out");
	await page.click("#discard");
	await page.click("#dialog-yes");
	await page.waitForFunction(() => document.getElementById("f-line-0-display").value === "");
	is(await page.locator("#discard").count(), 0, "the changes can be dropped");
}
