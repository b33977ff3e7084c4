// SPDX-License-Identifier: BSD-2-Clause
// The page: which view is shown, what the events change, what is told when the
// daemon or the session is gone.
import { applying, daemonHere } from "./apply.js";
import { config, refresh, unsaved } from "./config.js";
import { ask } from "./dialog.js";
import { byId, el, say } from "./element.js";
import * as events from "./events.js";
import * as failovers from "./failovers.js";
import * as lineForm from "./line.js";
import { messagesView } from "./messages.js";
import * as server from "./server.js";
import { enter, leave, passwordView, reenter } from "./session.js";
import * as status from "./status.js";
import { serverWord } from "./words.js";

const RETRY_MS = [1000, 2000, 3000, 5000];

const VIEWS = {
	"line/sip": ["Line", lineForm.lineView],
	"line/all": ["All lines", lineForm.allLinesView],
	status: ["Status", status.statusView],
	failovers: ["Failovers", failovers.failoversView],
	messages: ["Messages", (main) => messagesView(main, config.draft?.names() ?? [])],
	password: ["Password", passwordView],
};

let away = false, retry = null, tries = 0, inside = false;

function banner(id, text) {
	const there = byId(id);

	if (!text)
		there?.remove();
	else if (!there)
		byId("banners").append(el("p", { id }, text));
}

// Line -> SIP opens by default (F-60).
function route() {
	const name = location.hash.replace(/^#\//, "");

	return VIEWS[name] ? name : "line/sip";
}

function show(focus) {
	const name = route();
	const [title, view] = VIEWS[name];

	document.title = `${title} - sipover`;
	for (const link of byId("nav").querySelectorAll("a")) {
		if (link.dataset.view === name.split("/")[0])
			link.setAttribute("aria-current", "page");
		else
			link.removeAttribute("aria-current");
	}
	view(byId("main"));
	if (focus) {
		scrollTo(0, 0);
		byId("main").querySelector("h1")?.focus({ preventScroll: true });
	}
}

async function reload() {
	try {
		if (await refresh()) {
			if (route() === "line/sip")
				lineForm.fresh();
			else if (route() === "line/all")
				show(false);
		}
	} catch {
		// What is wrong is told by the banner.
	}
}

function tryAgain() {
	if (retry)
		return;
	retry = setTimeout(async () => {
		retry = null;
		await reload();
		if (away)
			tryAgain();
	}, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
}

function daemon(here) {
	if (here !== away)
		return;
	away = !here;
	daemonHere(here);
	banner("away", !here && "sipoverd does not answer. What you typed stays here; " +
		"trying again.");
	if (here) {
		tries = 0;
		say("sipoverd answers again.");
		gap();
	} else {
		tryAgain();
	}
}

// Something may have been missed: everything that is shown is asked for anew.
function gap() {
	if (!applying())
		reload();
	status.changed();
	failovers.changed();
}

function happened(type, data) {
	switch (type) {
	case "daemon":
		daemon(data.state === "here");
		break;
	case "session":
		sessionOver();
		break;
	case "open":
		banner("stream", null);
		gap();
		break;
	case "gap":
		gap();
		break;
	case "broken":
		banner("stream", "The connection to the phone is broken; trying again. " +
			"What is shown may be old.");
		break;
	case "config":
		if (!applying() && data.revision !== config.draft?.revision)
			reload();
		break;
	case "failover":
		say(`${data.line} ${data.new ? `works at ${serverWord(data.new)} now` :
			"has no working server"}`);
		break;
	default:
	}
	status.evidenceSeen(type, data);
	if (!["tx", "rx", "broken", "open"].includes(type))
		status.changed();
	if (type === "failover" || type === "registered")
		failovers.changed();
}

function sessionOver() {
	events.end();
	reenter(() => {
		events.start();
		gap();
	});
}

async function logout() {
	if (unsaved()) {
		const answer = await ask("Log out?", el("p", {},
			"What is not applied yet will be lost."),
		[["no", "Stay"], ["yes", "Log out"]]);
		if (answer !== "yes")
			return;
	}
	inside = false;
	await leave();
}

async function begin() {
	const entered = await enter();

	inside = true;
	byId("nav").hidden = false;
	server.on("session", sessionOver);
	server.on("daemon", daemon);
	events.listen(happened);
	addEventListener("hashchange", () => show(true));
	byId("logout").addEventListener("click", logout);
	byId("skip").addEventListener("click", (event) => {
		event.preventDefault();
		byId("main").focus();
	});
	setInterval(status.tick, 1000);
	show(entered);
	events.start();
	await reload();
}

addEventListener("beforeunload", (event) => {
	if (inside && unsaved())
		event.preventDefault();
});

begin();
