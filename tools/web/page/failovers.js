// SPDX-License-Identifier: BSD-2-Clause
// The last failovers, step by step, in microseconds since the first sign.
import { byId, el, redraw, svg } from "./element.js";
import * as server from "./server.js";
import { throttled } from "./throttle.js";
import { causeWord, micros, serverWord } from "./words.js";

const WIDTH = 1000;             // of a bar, in its own units

// From the step before to this one, on the way from the first to the last.
function bar(steps, i) {
	const end = Math.max(1, steps.at(-1).at_us);
	const from = i ? steps[i - 1].at_us / end * WIDTH : 0;
	const to = steps[i].at_us / end * WIDTH;

	return svg("svg", { class: "bar", viewBox: `0 0 ${WIDTH} 12`, "aria-hidden": "true",
		preserveAspectRatio: "none", focusable: "false" },
	svg("rect", { class: "track", x: 0, y: 5, width: WIDTH, height: 2 }),
	svg("rect", { class: "span", x: from, y: 3, width: Math.max(0, to - from), height: 6 }),
	svg("rect", { class: "dot", x: Math.min(WIDTH - 8, Math.max(0, to - 4)), y: 0,
		width: 8, height: 12 }));
}

function stepRow(steps, i) {
	const step = steps[i];

	return el("tr", { class: `step ${step.what}`, "data-what": step.what },
		el("td", { class: "number" }, micros(step.at_us)),
		el("td", {}, el("strong", {}, step.what), " ",
			step.server && el("span", { class: "where" }, serverWord(step.server)),
			step.text && el("span", { class: "text" }, ` ${step.text}`),
			bar(steps, i)));
}

// From the first sign to the moment when the line works elsewhere: what the user
// waited for.
function taken(steps) {
	const sign = steps.find((s) => s.what === "evidence" || s.what === "verdict");
	const moved = steps.find((s) => s.what === "moved");

	return sign && moved && moved.at_us >= sign.at_us ?
		[moved.at_us - sign.at_us, " from the first sign to the new server"] :
		[steps.at(-1)?.at_us ?? 0, " in all"];
}

function card(f) {
	const steps = f.steps ?? [], id = `failover-${f.id}`;
	const [total, of] = taken(steps);
	const because = [f.cause && causeWord(f.cause), f.source && `seen by the ${f.source}`,
		f.request && `during ${f.request}`].filter(Boolean).join(", ");

	return el("section", { class: "card failover", "aria-labelledby": id,
		"data-failover": f.id },
	el("h2", { id }, `${f.line}: ${f.from ? serverWord(f.from) : "no server"} `,
		el("span", { "aria-hidden": "true" }, "\u2192"),
		el("span", { class: "unseen" }, "to"),
		` ${serverWord(f.to)}`),
	el("p", {}, el("strong", { class: "total" }, `${micros(total)} \u00b5s`), of,
		f.failback ? ", back to a better server" : "", because && `: ${because}`),
	el("table", { class: "steps" },
		el("caption", { class: "unseen" }, "Its steps, in microseconds after the first"),
		el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "number" }, "\u00b5s"),
			el("th", { scope: "col" }, "What happened"))),
		el("tbody", {}, steps.map((_, i) => stepRow(steps, i)))));
}

const ask = throttled(async () => {
	try {
		const { failovers } = await server.get("/api/failovers");
		const place = byId("failovers");
		if (place)
			redraw(place, failovers.length ? failovers.map(card) :
				el("p", { id: "no-failovers" }, "None since sipoverd started."));
	} catch (error) {
		if (error.status === 404 || error.status === 501)
			byId("failovers")?.replaceChildren(el("p", {},
				"This sipoverd does not keep them."));
	}
});

export function changed() {
	if (byId("failovers") && document.visibilityState === "visible")
		ask();
}

export function failoversView(main) {
	main.replaceChildren(el("h1", { tabindex: "-1" }, "Failovers"),
		el("p", { class: "help" }, "The newest first; times are microseconds since the " +
			"first step."),
		el("div", { id: "failovers", class: "cards" }, el("p", {}, "Asking sipoverd.")));
	ask();
}
