// SPDX-License-Identifier: BSD-2-Clause
// Line -> SIP: the form of one line (F-60 .. F-64).  What is applied, and how,
// is apply.js.
import { applyBar, drawErrors, edited, redrawBar } from "./apply.js";
import { config, keysOf, lineAnswer, profileOf, unsaved } from "./config.js";
import { ask, askText } from "./dialog.js";
import { SECTIONS, valueOf } from "./draft.js";
import { byId, el, redraw, say } from "./element.js";
import { field, fieldId, showError } from "./field.js";
import { advanced, BASIC, defaultOf, isTrue, REGISTRATION, SERVER, textOf } from "./key.js";

const ROWS_MAX = 8;             // servers of a line, and proxies
const NAME_MAX = 63;            // bytes
const rowsShown = { server: 2, outbound_proxy: 0 };

const bytes = (text) => new TextEncoder().encode(text).length;

// What an empty field comes to: for a row that is there what the daemon says, as
// the line's own address, or nothing where the DNS decides; else the default.
function unset(section, index, key) {
	const line = config.draft.line(config.line), answer = lineAnswer(config.line);
	const row = section === "line" ? answer : answer?.[SECTIONS[section]][index];
	const same = row && (line.set.profile ?? "fanvil") === (answer.set.profile ?? "fanvil") &&
		(section === "line" ||
			row.set.address === valueOf(line, section, index, "address")) &&
		row.set[key.name] === undefined;

	return same && row.values ? row.values[key.name] : defaultOf(key, profileOf(config.line));
}

function fieldOf(section, index, key) {
	const line = config.draft.line(config.line);

	return field(key, { section, index, profile: profileOf(config.line),
		unset: unset(section, index, key),
		passwordSet: lineAnswer(config.line)?.password_set ?? false },
	valueOf(line, section, index, key.name), (value) => {
		edited();
		config.draft.change(config.line, section, index, key.name, value);
		config.errors = config.errors.filter((e) => e.line !== config.line ||
			e.section !== section || e.index !== index || e.key !== key.name);
		showError(fieldId(section, index, key.name), null);
		redrawBar();
		if (key.name === "profile")
			draw();
		if (BASIC.includes(key.name))
			byId("basic-now").textContent = basicNow();
	});
}

function fieldsOf(section, index, names) {
	const keys = new Map(keysOf(section).map((k) => [k.name, k]));

	return names.flatMap((n) => keys.has(n) ? [fieldOf(section, index, keys.get(n))] : []);
}

// With headings, by which a screen reader finds its way through so long a form.
function fieldset(title, id, ...children) {
	return el("fieldset", { id }, el("legend", {}, el("h2", {}, title)), ...children);
}

function inner(title, id, ...children) {
	return el("fieldset", { id }, el("legend", {}, el("h3", {}, title)), ...children);
}

function folded(id, title, ...children) {
	return el("details", { id }, el("summary", {}, title), el("div", { class: "folded" },
		...children));
}

function part(id, title, ...children) {
	return folded(id, el("h2", {}, title), ...children);
}

function serverTitle(index) {
	return `SIP Server ${index + 1}${[" (primary)", " (backup)"][index] ?? ""}`;
}

function serverPart(index) {
	const put = index < 2 ? fieldset : inner;
	const rest = keysOf("server").map((k) => k.name).filter((n) => !SERVER.includes(n));

	return put(serverTitle(index), `server-${index}`, fieldsOf("server", index, SERVER),
		folded(`server-${index}-rest`, `More of server ${index + 1}`,
			fieldsOf("server", index, rest)));
}

function proxyPart(index) {
	return inner(`Outbound proxy ${index + 1}`, `proxy-${index}`,
		fieldsOf("outbound_proxy", index, keysOf("outbound_proxy").map((k) => k.name)));
}

function addButton(section, name) {
	return rowsShown[section] < ROWS_MAX && el("button", { type: "button", id: `add-${section}`,
		on: { click: () => {
			rowsShown[section]++;
			draw();
			byId(fieldId(section, rowsShown[section] - 1, "address")).focus();
		} } }, `Add ${name}`);
}

function dropButton(section, name) {
	const first = section === "server" ? 2 : 0;

	return rowsShown[section] > first && el("button", { type: "button",
		id: `drop-${section}`, on: { click: () => {
			const index = --rowsShown[section];
			if (config.draft.line(config.line)[section === "server" ? "servers" :
				"outbound_proxies"].length > index)
				config.draft.dropRow(config.line, section, index);
			draw();
			(byId(`drop-${section}`) ?? byId(`add-${section}`)).focus();
			say(`${name} ${index + 1} is taken out of the form`);
		} } }, `Remove ${name} ${rowsShown[section]}`);
}

function more() {
	const more = Math.max(0, rowsShown.server - 2) + rowsShown.outbound_proxy;

	return part("more", `More servers and outbound proxies (${more})`,
		Array.from({ length: rowsShown.server - 2 }, (_, i) => serverPart(i + 2)),
		el("p", { class: "buttons" }, addButton("server", "SIP server"),
			dropButton("server", "SIP server")),
		Array.from({ length: rowsShown.outbound_proxy }, (_, i) => proxyPart(i)),
		el("p", { class: "buttons" }, addButton("outbound_proxy", "outbound proxy"),
			dropButton("outbound_proxy", "outbound proxy")));
}

function now(name) {
	const key = keysOf("line").find((k) => k.name === name);

	return [key, valueOf(config.draft.line(config.line), "line", 0, name) ??
		(key && defaultOf(key, profileOf(config.line)))];
}

// What is folded in under Basic Settings, in one line.
function basicNow() {
	const [, failback] = now("failback"), [every, interval] = now("failback_interval");
	const [, counts] = now("retry_counts");

	return `failback ${isTrue(failback) ? `on, every ${textOf(every, interval)} s` : "off"}; ` +
		`${counts} retries`;
}

function basic() {
	const node = part("basic", "Basic Settings", fieldsOf("line", 0, BASIC));

	node.firstChild.append(el("span", { class: "now", id: "basic-now" }, basicNow()));
	return node;
}

function advancedPart() {
	return part("advanced", "Advanced", advanced(keysOf("line")).map(([title, keys]) =>
		inner(title, null, keys.map((k) => fieldOf("line", 0, k)))));
}

export function wrongName(name) {
	if (!name.trim())
		return "A line needs a name.";
	if (bytes(name) > NAME_MAX)
		return `A name has at most ${NAME_MAX} bytes.`;
	if (config.draft.names().includes(name))
		return "There is a line of this name.";
	return null;
}

async function newLine() {
	const name = await askText("New line", "Name of the line", wrongName);

	if (name === null)
		return;
	config.draft.add(name);
	choose(name);
	byId(fieldId("line", 0, "user"))?.focus();
}

async function removeLine() {
	const name = config.line;
	const answer = await ask(`Remove line ${name}?`, el("p", {},
		"It unregisters and is gone once you press Apply, not before."),
	[["no", "Keep it"], ["yes", "Remove"]]);

	if (answer !== "yes")
		return;
	const added = config.draft.isNew(name);
	config.draft.remove(name);
	choose(added ? config.draft.names()[0] ?? null : name);
	byId("line-select")?.focus();
	say(added ? `${name} is dropped` : `${name} will be removed by Apply`);
}

function optionOf(name) {
	const mark = config.draft.isRemoved(name) ? " (to be removed)" :
		config.draft.isNew(name) ? " (new)" :
			config.draft.mine.has(name) ? " (changed)" : "";

	return el("option", { value: name }, name + mark);
}

function choose(name) {
	config.line = name;
	countRows();
	draw();
}

// Rows that the line has are shown, and at least the two of F-63.
function countRows() {
	const line = config.line && config.draft.line(config.line);

	rowsShown.server = Math.max(2, line?.servers.length ?? 0);
	rowsShown.outbound_proxy = line?.outbound_proxies.length ?? 0;
}

function picker() {
	const select = el("select", { id: "line-select", on: { change: (e) => {
		choose(e.target.value);
	} } }, config.draft.names().map(optionOf));
	const removed = config.line && config.draft.isRemoved(config.line);

	if (config.line)
		select.value = config.line;
	return el("div", { class: "pick" },
		el("label", { for: "line-select" }, "Line"), select,
		el("button", { type: "button", id: "line-new", on: { click: newLine } }, "New line"),
		config.line && !removed && el("button", { type: "button", id: "line-remove",
			on: { click: removeLine } }, "Remove line"),
		removed && el("button", { type: "button", id: "line-keep", on: { click: () => {
			config.draft.undo(config.line);
			choose(config.line);
			byId("line-remove").focus();
		} } }, "Keep the line"));
}

function origin() {
	const answer = lineAnswer(config.line);

	if (!answer)
		return "This line is new. It is there once you press Apply.";
	return answer.origin === "applied" ? "As it was applied on this page." :
		"As it is in sipoverd.conf.";
}

function parts() {
	if (!config.line)
		return [el("p", {}, "There is no line yet.")];
	if (config.draft.isRemoved(config.line))
		return [el("p", {}, `${config.line} will be removed when you press Apply.`)];
	return [
		el("p", { class: "help" }, origin()),
		fieldset("Registration", "registration", fieldsOf("line", 0, REGISTRATION)),
		el("div", { class: "servers" }, serverPart(0), serverPart(1)),
		more(), basic(), advancedPart(),
	];
}

function tabs(here) {
	const tab = (name, text) => el("li", {}, el("a", { href: `#/line/${name}`,
		"aria-current": name === here && "page" }, text));

	return el("nav", { class: "tabs", "aria-label": "Line" }, el("ul", {},
		tab("sip", "SIP"), tab("all", "All lines")));
}

export function draw() {
	const main = byId("main");

	if (!main.querySelector("#line-form"))
		return;
	redraw(byId("line-form"), picker(), ...parts(), el("div", { id: "errors" }),
		applyBar(draw));
	drawErrors(false);
}

// The configuration has come, or another one: rows are counted anew.
export function fresh() {
	countRows();
	draw();
}

export function lineView(main) {
	main.replaceChildren(el("h1", { tabindex: "-1" }, "Line"), tabs("sip"),
		el("form", { id: "line-form", novalidate: true, autocomplete: "off",
			"aria-label": "SIP", on: { submit: (e) => e.preventDefault() } },
		el("p", { id: "waiting" }, "Waiting for the configuration.")));
	if (config.draft)
		fresh();
}

export function allLinesView(main) {
	const row = (name) => {
		const line = config.draft.line(name);
		return el("tr", {},
			el("th", { scope: "row" }, optionOf(name).textContent),
			el("td", {}, line ? `${line.set.user ?? ""}@${line.set.domain ??
				line.servers[0]?.address ?? ""}` : ""),
			el("td", {}, line?.servers.map((s) => s.address ?? "").join(", ") ?? ""),
			el("td", {}, el("button", { type: "button", class: "small",
				"aria-label": `Edit ${name}`, on: { click: () => {
					config.line = name;
					location.hash = "#/line/sip";
				} } }, "Edit")));
	};

	main.replaceChildren(el("h1", { tabindex: "-1" }, "Line"), tabs("all"),
		el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Lines" },
			el("table", {}, el("caption", {}, unsaved() ?
				"All lines, with what is not applied yet" : "All lines"),
			el("thead", {}, el("tr", {}, ["Name", "Address", "Servers", ""]
				.map((t) => el("th", { scope: "col" }, t)))),
			el("tbody", {}, config.draft ? config.draft.names().map(row) : []))));
}
