// SPDX-License-Identifier: BSD-2-Clause
// Debian's Chromium.  Whatever a page says that it should not is kept: errors,
// breaches of the content security policy, requests to somebody else.
import { createRequire } from "node:module";
import { URL_OF_PAGE, PASSWORD } from "./lab.js";

const { chromium } = createRequire(`${process.env.WEB_MODULES}/`)("playwright-core");

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const LIMIT_MS = Number(process.env.WEB_LIMIT_MS ?? 10000);
const EXPECTED = /^Failed to load resource: (the server responded with a status|net::ERR_)/;

export class Browser {
	// Its directory is new and goes away with it.
	static async start() {
		const browser = new Browser();

		browser.chromium = await chromium.launch({
			executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
			headless: true,
			args: process.getuid() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS,
		});
		browser.complaints = [];
		return browser;
	}

	// A person with a browser of their own.
	async person(more = {}) {
		const context = await this.chromium.newContext({
			viewport: { width: 900, height: 800 }, ...more });
		const page = await context.newPage();
		const complain = (text) => this.complaints.push(text);

		context.setDefaultTimeout(LIMIT_MS);
		// An answer that is no success is the browser's to log and the
		// page's to show: the tests look at what it shows.
		page.on("console", (m) => {
			if (["error", "warning"].includes(m.type()) && !EXPECTED.test(m.text()))
				complain(`console: ${m.type()}: ${m.text()}`);
		});
		page.on("pageerror", (e) => complain(`error: ${e.stack}`));
		page.on("crash", () => complain("the page crashed"));
		page.on("request", (r) => {
			if (!r.url().startsWith(URL_OF_PAGE))
				complain(`request: ${r.url()}`);
		});
		page.on("response", (r) => {
			if (r.status() >= 400 && !new URL(r.url()).pathname.startsWith("/api/"))
				complain(`answer ${r.status()}: ${r.url()}`);
		});
		await page.addInitScript(() => {
			addEventListener("securitypolicyviolation", (e) => console.error(
				`CSP: ${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
		});
		return page;
	}

	// Through the login, to Line -> SIP.
	async user(more = {}) {
		const page = await this.person(more);

		await page.goto(URL_OF_PAGE);
		await login(page);
		await page.waitForSelector("#f-line-0-user");
		return page;
	}

	// What was complained about since the last time.
	heard() {
		return this.complaints.splice(0);
	}

	async forget() {
		for (const context of this.chromium.contexts())
			await context.close();
	}

	async end() {
		await this.chromium.close();
	}
}

export async function login(page, password = PASSWORD) {
	await page.fill("#login-password", password);
	await page.press("#login-password", "Enter");
}

export const goTo = (page, view) => page.click(`#nav a[data-view="${view}"]`);

export async function apply(page) {
	await page.click("#apply");
	await page.waitForFunction(() => /^Applied/.test(
		document.getElementById("apply-state").textContent));
}
