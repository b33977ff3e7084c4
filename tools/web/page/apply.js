// SPDX-License-Identifier: BSD-2-Clause
// Apply: the whole form takes effect, or nothing (F-65); what is wrong is shown
// at its field.
import { accept, config, fetchAnswer, keysOf } from "./config.js";
import { placeName, resolve } from "./conflict.js";
import { ask } from "./dialog.js";
import { SECTIONS } from "./draft.js";
import { byId, el, say } from "./element.js";
import { fieldId, goTo, showError } from "./field.js";
import { wrongWith } from "./key.js";
import * as server from "./server.js";

let here = true;                // the daemon answers
let busy = false;
let outcome = "";               // of the last Apply, for people

export const applying = () => busy;

export function daemonHere(is) {
	here = is;
	redrawBar();
}

// As far as the page knows the keys.
function localErrors() {
	const found = [];

	for (const name of config.draft.changed()) {
		const line = config.draft.isRemoved(name) ? null : config.draft.line(name);
		if (!line)
			continue;
		const look = (section, index, values) => {
			for (const key of keysOf(section)) {
				const message = wrongWith(key, values[key.name]);
				if (message)
					found.push({ line: name, section, index, message,
						key: key.name });
			}
		};
		look("line", 0, line.set);
		for (const [section, rows] of Object.entries(SECTIONS))
			line[rows].forEach((values, index) => look(section, index, values));
	}
	return found;
}

// From the rows that were sent to those of the form.
function atTheForm(errors, places) {
	return errors.map((e) => ({ ...e, section: e.section ?? "line",
		index: places[e.line]?.[e.section]?.[e.index] ?? e.index ?? 0 }));
}

function errorButton(error) {
	const where = error.key ? placeName({ what: "changed", ...error }) : "";
	const text = [where, error.message].filter(Boolean).join(": ");

	return el("button", { type: "button", class: "link", on: { click: () => {
		if (error.line && error.line !== config.line && config.draft.line(error.line)) {
			config.line = error.line;
			byId("line-select").value = error.line;
			byId("line-select").dispatchEvent(new Event("change"));
		}
		goTo(fieldId(error.section, error.index, error.key));
	} } }, error.line && error.line !== config.line ? `${error.line}: ${text}` : text);
}

// At the fields of the line that is shown, and as a list.
export function drawErrors(focus) {
	const place = byId("errors"), errors = config.errors;
	const mine = errors.filter((e) => e.line === config.line || !e.line);

	for (const e of mine)
		if (e.key)
			showError(fieldId(e.section, e.index, e.key), e.message);
	if (!place)
		return;
	place.replaceChildren(...(errors.length ? [el("section", { class: "card wrong",
		role: "alert", "aria-labelledby": "errors-title" },
	el("h2", { id: "errors-title" }, errors.length === 1 ?
		"Nothing was applied: one thing is wrong" :
		`Nothing was applied: ${errors.length} things are wrong`),
	el("ul", {}, errors.map((e) => el("li", {}, errorButton(e)))))] : []));
	if (!focus || !errors.length)
		return;
	const first = mine.find((e) => e.key &&
		goTo(fieldId(e.section, e.index, e.key)));
	if (!first)
		place.querySelector("button").focus();
}

function told(text) {
	outcome = text;
}

function failed(error, places, draw) {
	config.errors = [];
	if (error.is?.("invalid")) {
		config.errors = atTheForm(error.body.errors ?? [], places);
		told(`Nothing was applied${config.errors.length ? "." : `: ${error.message}`}`);
	} else if (error.is?.("store")) {
		told(`Nothing was applied: it cannot be stored: ${error.message}`);
	} else if (error.is?.("session")) {
		told("Nothing was applied: log in again.");
	} else if (error.is?.("daemon_away")) {
		told("Nothing was applied: sipoverd does not answer.");
	} else {
		told(`Nothing was applied: ${error.message}`);
	}
	draw();
	drawErrors(true);
	say(outcome);
}

async function conflict(draw) {
	config.theirs = true;
	const choice = await resolve();
	draw();
	if (choice === "mine")
		await apply(draw);
}

async function send(draw) {
	const { params, places } = config.draft.payload();

	try {
		const got = await server.post("/api/config", params);
		const names = [...(got.changed ?? []), ...(got.added ?? []),
			...(got.removed ?? [])];
		config.errors = [];
		accept(await fetchAnswer());
		told(`Applied, and in effect${names.length ? `: ${names.join(", ")}` : ""}.`);
		return null;
	} catch (error) {
		if (error.is?.("conflict"))
			return conflict;
		failed(error, places, draw);
		return () => {};
	}
}

export async function apply(draw) {
	if (busy || !here)
		return;
	if (!config.draft.changed().length) {
		told("There is nothing to apply.");
		draw();
		say(outcome);
		return;
	}
	config.errors = localErrors();
	if (config.errors.length) {
		told("Nothing was applied.");
		draw();
		drawErrors(true);
		return;
	}
	busy = true;
	told("Applying ...");
	draw();
	const next = await send(draw);
	busy = false;
	if (next) {
		if (next === conflict)
			told("Nothing was applied: somebody else was first.");
		redrawBar();
		await next(draw);
		return;
	}
	draw();
	say(outcome);
}

async function discard(draw) {
	const answer = await ask("Drop all changes?", el("p", {},
		"The form shows again what is in effect."),
	[["no", "Keep them"], ["yes", "Drop"]]);

	if (answer !== "yes")
		return;
	config.errors = [];
	accept(await fetchAnswer().catch(() => config.answer));
	told("");
	draw();
	byId("line-select")?.focus();
	say("The changes are dropped.");
}

function stateText() {
	const changes = config.draft.changes();

	if (!here)
		return "sipoverd does not answer. What you typed stays here.";
	if (config.theirs)
		return "Somebody else has applied changes meanwhile.";
	if (busy || !changes.length)
		return outcome;
	const names = config.draft.changed();
	const many = changes.length === 1 ? "1 change" : `${changes.length} changes`;
	return `${outcome ? `${outcome} ` : ""}${many} not applied yet: ${names.join(", ")}.`;
}

// The bar at the bottom.  draw() draws the form anew.
export function applyBar(draw) {
	const button = (id, text, call, more = {}) => el("button", { type: "button", id,
		on: { click: call }, ...more }, text);
	const bar = el("div", { id: "apply-bar", class: "apply" },
		el("p", { id: "apply-state" }, stateText()),
		button("apply", "Apply", () => apply(draw), { class: "main",
			"aria-disabled": String(!here || busy), "aria-describedby": "apply-state" }),
		config.draft.changed().length > 0 &&
			button("discard", "Drop changes", () => discard(draw)),
		config.theirs && here && button("differs-show", "What differs",
			() => conflict(draw)));

	bar.draw = draw;
	return bar;
}

// The bar alone, as it is now.
export function redrawBar() {
	const bar = byId("apply-bar");
	const focused = bar?.contains(document.activeElement) && document.activeElement.id;

	bar?.replaceWith(applyBar(bar.draw));
	if (focused)
		byId(focused)?.focus({ preventScroll: true });
}

// What is typed after it is not what it was about.
export function edited() {
	outcome = "";
}
