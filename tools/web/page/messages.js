// SPDX-License-Identifier: BSD-2-Clause
// The last SIP messages and what happened between them: a ladder, as a table.
import { byId, el, redraw, svg } from "./element.js";
import * as server from "./server.js";
import { serverWord } from "./words.js";

let line = "";

function arrow(direction) {
	const head = direction === "out" ? "M34 2l5 5-5 5" : "M6 2L1 7l5 5";

	return svg("svg", { class: "arrow", viewBox: "0 0 40 14", "aria-hidden": "true",
		focusable: "false" },
	svg("path", { d: `M1 7h38${head}`, fill: "none" }));
}

function messageText(row) {
	if (row.direction === "event")
		return `${row.event}: ${row.text}`;
	const name = row.method ? `${row.method} ${row.cseq ?? ""}`.trim() : `${row.size} bytes`;

	return `${row.status ? `${row.status} ${row.reason ?? ""} to ` : ""}${name}` +
		`${row.expires === null || row.expires === undefined ? "" :
			`, expires ${row.expires}`}${row.repeat ? ", again" : ""}`;
}

function rowOf(row, first) {
	const where = row.direction === "event" ? "" : row.direction === "out" ? "to " : "from ";

	return el("tr", { class: `message ${row.direction}` },
		el("td", { class: "number" }, ((row.time_us - first) / 1000).toFixed(3)),
		el("td", { class: "where" }, row.direction !== "event" && arrow(row.direction),
			el("span", { class: "unseen" }, where),
			row.server ? serverWord(row.server) : row.line ?? ""),
		el("td", {}, messageText(row)));
}

async function ask() {
	const place = byId("messages");
	let answer;

	try {
		answer = await server.get("/api/trace" +
			(line && `?line=${encodeURIComponent(line)}`));
	} catch (error) {
		redraw(place, el("p", {}, `They cannot be shown: ${error.message}`));
		return;
	}
	const first = answer.rows[0]?.time_us ?? 0;
	redraw(place, el("div", { class: "wide", tabindex: "0", role: "region",
		"aria-label": "Messages" },
	el("table", {}, el("caption", {}, `The last ${answer.rows.length} of ` +
		`${answer.kept} rows; milliseconds since the first of them`),
	el("thead", {}, el("tr", {}, ["ms", "Server", "Message or event"]
		.map((t) => el("th", { scope: "col" }, t)))),
	el("tbody", {}, answer.rows.map((r) => rowOf(r, first))))));
}

export async function messagesView(main, names) {
	const select = el("select", { id: "messages-line", on: { change: (e) => {
		line = e.target.value;
		ask();
	} } }, el("option", { value: "" }, "all"), names.map((n) => el("option", { value: n }, n)));

	line = names.includes(line) ? line : "";
	select.value = line;
	main.replaceChildren(el("h1", { tabindex: "-1" }, "Messages"),
		el("div", { class: "pick" }, el("label", { for: "messages-line" }, "Line"), select,
			el("button", { type: "button", on: { click: ask } }, "Reload")),
		el("div", { id: "messages" }, el("p", {}, "Asking sipoverd.")));
	await ask();
}
