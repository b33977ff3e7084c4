// SPDX-License-Identifier: BSD-2-Clause
// Two people changed the configuration at the same time: what the other one
// did, what is changed here, and what shall be.
import { accept, config, fetchAnswer, keysOf } from "./config.js";
import { ask } from "./dialog.js";
import { el, say } from "./element.js";
import { labelOf, textOf } from "./key.js";

export function placeName(change) {
	if (change.what === "new")
		return "whole line: new";
	if (change.what === "removed")
		return "whole line: removed";
	const row = { line: "", server: `SIP Server ${change.index + 1}: `,
		outbound_proxy: `Outbound proxy ${change.index + 1}: ` }[change.section];
	return row + labelOf(change.section, change.key);
}

// A secret's text is neither shown here.
export function shown(change, value) {
	const key = keysOf(change.section).find((k) => k.name === change.key);

	if (change.what !== "changed")
		return "";
	if (key?.type === "secret")
		return value === undefined ? "as it was" : value === null ? "none" : "another one";
	return value === undefined ? "default" : textOf(key, value);
}

function table(others) {
	const row = (c) => el("tr", { class: c.both && "both" },
		el("th", { scope: "row" }, `${c.line}: ${placeName(c)}`,
			c.both && el("strong", {}, " (changed here as well)")),
		el("td", {}, shown(c, c.from)), el("td", {}, shown(c, c.to)),
		el("td", {}, c.removedHere ? "line removed" :
			c.both ? shown(c, c.mine) : "not changed"));

	return el("div", { class: "wide", tabindex: "0", role: "region",
		"aria-label": "What differs" },
		el("table", { id: "differs" },
			el("caption", {}, "What was applied meanwhile"),
			el("thead", {}, el("tr", {}, ["", "Before", "Theirs", "Mine"]
				.map((t) => el("th", { scope: "col" }, t)))),
			el("tbody", {}, others.map(row))));
}

// "theirs": mine are dropped; "mine": mine lie on top of theirs now, to be
// applied; null: goes on as it was.
export async function resolve() {
	const answer = await fetchAnswer();
	const others = config.draft.others(answer);
	const choice = await ask("Somebody else has applied changes", el("div", {},
		others.length ? table(others) : el("p", {}, "They come to the same as before: " +
			"nothing of this page differs."),
		el("p", {}, "Nothing of yours was applied.")),
		[["cancel", "Go on editing"], ["theirs", "Take theirs, drop mine"],
			["mine", "Apply mine on top"]]);

	if (choice === "theirs") {
		accept(answer);
		say("Your changes were dropped.");
	} else if (choice === "mine") {
		accept(answer, config.draft.onTopOf(answer));
	}
	return choice;
}
