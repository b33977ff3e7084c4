// SPDX-License-Identifier: BSD-2-Clause
// Lines and servers as they are now: who works, how well the others are and
// why, the calls; registering by hand, hanging up.
import { byId, el, redraw, say } from "./element.js";
import * as server from "./server.js";
import { throttled } from "./throttle.js";
import { age, callWord, causeWord, healthWord, lineWord, serverWord } from "./words.js";

const SHOWN_MAX = 100;          // lines at once; the others by the filter

const evidence = new Map();     // server -> its last sign of death: { cause, offender, ... }
let status = null, filter = "";

// Of the events, what the status does not tell: who sent the error.
export function evidenceSeen(type, data) {
	if (type === "kernel" && data.server && !["heard", "tcp_established",
		"neigh_reachable"].includes(data.cause))
		evidence.set(data.server, data);
}

// They go on by themselves, a second at a time.
function since(seconds) {
	return el("span", { class: "age", "data-at": String(Date.now() - seconds * 1000) },
		age(Math.abs(seconds)));
}

const until = (seconds) => since(-seconds);

function why(s) {
	const seen = evidence.get(s.address);
	const offender = s.offender ?? (seen?.cause === s.cause ? seen?.offender : null);

	if (!s.cause || s.health === "up" || s.health === "unknown")
		return s.path && s.path !== "usable" ? causeWord(s.path) : "";
	return `${causeWord(s.cause)}${offender ? `, told by ${offender}` : ""}`;
}

function serverRow(line, s) {
	const works = line.working === s.address;

	return el("li", { class: `server ${s.health}`, "data-server": s.address },
		el("span", { class: "mark", "aria-hidden": "true" }),
		el("span", { class: "what" },
			el("strong", {}, `${s.index + 1}. ${serverWord(s.address)}`),
			works && el("em", { class: "works" }, " works"),
			s.bound && el("span", {}, " registered here")),
		el("span", { class: "health" }, healthWord(s.health), " for ", since(s.since_s)),
		why(s) && el("span", { class: "why" }, why(s)),
		s.overload ? el("span", { class: "why" },
			`asks to leave out ${s.overload} % of the requests`) : null);
}

function lineCard(line) {
	const id = `line-${line.name}`;

	return el("section", { class: "card line", "aria-labelledby": id, "data-line": line.name },
		el("h2", { id }, line.name, " ",
			el("span", { class: `pill ${line.state}` }, lineWord(line.state))),
		el("p", { class: "aor" }, line.aor),
		el("p", { class: "works-at" },
			line.working ? "Working server: " : "No server works. ",
			line.working && el("strong", {}, serverWord(line.working)),
			typeof line.registered_until_s === "number" && [", registered for ",
				until(line.registered_until_s), " more"]),
		el("ul", { class: "list", "aria-label": `Servers of ${line.name}` },
			(line.servers ?? []).map((s) => serverRow(line, s))),
		line.mwi?.waiting ? el("p", {}, `Messages wait${line.mwi.new === undefined ? "" :
			`: ${line.mwi.new} new`}.`) : null,
		el("p", { class: "buttons" }, el("button", { type: "button",
			id: `register-${line.name}`, on: { click: () => register(line.name) } },
		"Register now", el("span", { class: "unseen" }, `: ${line.name}`))));
}

function callCard(call) {
	const hold = { near: ", held", far: ", held by them", both: ", held on both sides" };

	return el("li", { class: "call", "data-call": call.call },
		el("span", {}, el("strong", {}, call.peer), ` on ${call.line}: `,
			`${callWord(call.state)}${hold[call.hold] ?? ""}`,
			call.server && ` at ${serverWord(call.server)}`),
		el("button", { type: "button", id: `hangup-${call.call}`,
			on: { click: () => hangup(call.call) } }, "Hang up",
		el("span", { class: "unseen" }, ` call with ${call.peer}`)));
}

function localCard() {
	const local = status.local;

	return local?.held ? el("p", { class: "card wrong" },
		`No way to any server: ${causeWord(local.cause)}, for `, since(local.since_s),
		". Nothing moves until it is back.") : null;
}

async function act(path, body, good) {
	try {
		await server.post(path, body);
		byId("acted").textContent = good;
		say(good);
	} catch (error) {
		byId("acted").textContent = `Not done: ${error.message}`;
		say(`Not done: ${error.message}`);
	}
	ask();
}

const register = (line) => act("/api/register", { line }, `${line} registers now.`);
const hangup = (call) => act("/api/hangup", { call }, "Hanging up.");

function lines() {
	const all = status.lines.filter((l) => l.name.includes(filter) ||
		(l.aor ?? "").includes(filter));

	return [all.slice(0, SHOWN_MAX).map(lineCard), all.length > SHOWN_MAX &&
		el("p", {}, `${all.length - SHOWN_MAX} more lines: filter them by name.`)].flat();
}

function filterField() {
	const input = el("input", { id: "filter", type: "search", autocomplete: "off",
		on: { input: (e) => { filter = e.target.value; draw(); } } });

	input.value = filter;
	return el("div", { class: "field" }, el("label", { for: "filter" }, "Lines with"), input);
}

function draw() {
	const place = byId("status");

	if (!place || !status)
		return;
	const acted = byId("acted")?.textContent ?? "";
	const at = byId("filter")?.selectionEnd;
	redraw(place,
		el("p", { class: "help" }, `sipoverd ${status.version}, up for `,
			since(status.uptime_s), status.module ? ", with the kernel module." :
				", without the kernel module."),
		localCard(),
		el("p", { id: "acted" }, acted),
		(status.lines.length > 20 || filter) && filterField(),
		el("div", { class: "cards" }, lines()),
		el("section", { class: "card", "aria-labelledby": "calls-title" },
			el("h2", { id: "calls-title" }, "Calls"),
			status.calls.length === 0 ? el("p", { id: "no-calls" }, "None.") :
				el("ul", { class: "list", id: "calls" },
					status.calls.map(callCard))));
	if (document.activeElement === byId("filter") && at !== undefined)
		byId("filter").setSelectionRange(at, at);
}

const ask = throttled(async () => {
	try {
		status = await server.get("/api/status");
		draw();
	} catch {
		// The banner says so; what is shown stays, with its ages.
	}
});

// The first of many events is shown at once, the others together.
export function changed() {
	if (byId("status") && document.visibilityState === "visible")
		ask();
}

// Nothing is asked for: who only watches is to be logged out some time.
export function tick() {
	for (const node of document.querySelectorAll(".age"))
		node.textContent = age(Math.abs(Date.now() - Number(node.dataset.at)) / 1000);
}

// Who sent the last error to each server is only in what was kept of it.
async function recall() {
	try {
		const { rows } = await server.get("/api/trace");
		for (const row of rows ?? []) {
			const found = row.event === "kernel" &&
				/^(\w+) icmp=\S+ from (\S+)/.exec(row.text);
			if (found && row.server && !evidence.has(row.server))
				evidence.set(row.server, { cause: found[1], offender: found[2] });
		}
	} catch {
		// It is kept only if trace_size says so.
	}
}

export async function statusView(main) {
	main.replaceChildren(el("h1", { tabindex: "-1" }, "Status"),
		el("div", { id: "status" }, el("p", {}, "Asking sipoverd.")));
	draw();
	await recall();
	ask();
}
