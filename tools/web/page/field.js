// SPDX-License-Identifier: BSD-2-Clause
// One key as a field: its label, the value, range and default beside it, what
// it does, and what is wrong with it.
import { byId, el } from "./element.js";
import { defaultOf, isTrue, labelOf, rangeOf, textOf, wrongWith } from "./key.js";

// A field is left by pressing on something else.  An error that came up just then
// would push that away from under the finger, so it waits for the click.
const waiting = [];
let pressed = false;

function released() {
	pressed = false;
	setTimeout(() => {
		for (const call of waiting.splice(0))
			call();
	});
}

addEventListener("pointerdown", () => { pressed = true; }, true);
addEventListener("pointerup", released, true);
addEventListener("pointercancel", released, true);

function whenReleased(call) {
	if (pressed)
		waiting.push(call);
	else
		call();
}

export const fieldId = (section, index, name) => `f-${section}-${index}-${name}`;

function hint(key, standard) {
	const parts = [rangeOf(key), standard !== undefined && standard !== "" &&
		standard !== null && `default ${textOf(key, standard)}`].filter(Boolean);
	const text = parts.join("; ");

	return text && `${text[0].toUpperCase()}${text.slice(1)}. `;
}

function select(attributes, value, standard, choices) {
	const node = el("select", attributes, el("option", { value: "" },
		standard ? `default (${standard})` : "by default"),
		choices.map((c) => el("option", { value: c }, c)));

	node.value = value;
	if (node.selectedIndex < 0) {
		node.append(el("option", { value }, value));
		node.value = value;
	}
	return node;
}

// The text of a number that is none stays as it is, to be put right.
function parsed(key, text) {
	if (text.trim() === "")
		return undefined;
	if (key.type === "number" && /^\s*-?\d+\s*$/.test(text))
		return Number(text);
	if (key.type === "flag")
		return text === "on";
	return key.type === "text" ? text : text.trim();
}

function control(key, attributes, value, standard) {
	const spelled = textOf(key, standard);

	if (key.type === "flag")
		return select(attributes, value === undefined ? "" : isTrue(value) ? "on" : "off",
			spelled, ["on", "off"]);
	if (key.type === "choice")
		return select(attributes, textOf(key, value), spelled, key.choices ?? []);
	const node = el("input", { ...attributes, type: "text", autocomplete: "off",
		autocapitalize: "none", spellcheck: "false", placeholder: spelled,
		inputmode: key.type === "number" ? "numeric" : null });
	node.value = textOf(key, value);
	return node;
}

// A secret is never shown: whether there is one, and a way to another one.
function secret(key, id, about, state, changed) {
	const place = el("div", { class: "secret" });
	const field = () => el("input", { id, type: "password", autocomplete: "new-password",
		"aria-describedby": about, on: { input: (e) =>
			changed(e.target.value === "" ? undefined : e.target.value) } });
	const button = (name, call) => el("button", { type: "button", id: `${id}-${name}`,
		class: "small", on: { click: call } }, name === "replace" ? "Replace" :
		name === "none" ? "Remove" : "Keep the old one");
	const word = (text) => el("span", { class: "state", id: `${id}-state` }, text);

	function draw(focus) {
		if (!state.isSet || typeof state.value === "string") {
			const input = field();
			input.value = state.value ?? "";
			place.replaceChildren(input,
				state.isSet ? button("keep", to(undefined)) : "");
		} else if (state.value === null) {
			place.replaceChildren(word("will be removed"),
				button("keep", to(undefined)));
		} else {
			place.replaceChildren(word("set, not shown"), button("replace", to("")),
				button("none", to(null)));
		}
		if (focus)
			place.querySelector("input, button").focus();
	}
	const to = (value) => () => {
		state.value = value;
		changed(value === "" ? undefined : value);
		draw(true);
	};

	draw(false);
	return place;
}

// context: { section, index, profile, label, passwordSet, unset: what it is when
// nothing is written }; changed(value) is
// called with every change, undefined: the default.
export function field(key, context, value, changed) {
	const id = fieldId(context.section, context.index, key.name);
	const about = `${id}-help ${id}-error`;
	const standard = defaultOf(key, context.profile);
	const label = el("label", { for: id }, context.label ?? labelOf(context.section, key.name),
		key.unit && el("span", { class: "unit" }, ` (${key.unit})`));
	let node;

	if (key.type === "secret") {
		node = secret(key, id, about, { isSet: context.passwordSet, value }, changed);
	} else {
		node = control(key, { id, "aria-describedby": about, on: {
			input: (e) => { changed(parsed(key, e.target.value)); },
			change: ({ target }) => whenReleased(() => {
				if (target.isConnected)
					showError(id, wrongWith(key, parsed(key, target.value)));
			}),
		} }, value, context.unset);
	}
	return el("div", { class: "field", "data-key": key.name }, label, node,
		el("p", { class: "error", id: `${id}-error` }),
		el("p", { class: "help", id: `${id}-help` }, key.help ? `${key.help} ` : "",
			hint(key, standard), el("code", {}, key.name)));
}

export function showError(id, message) {
	const place = byId(`${id}-error`), input = byId(id);

	if (!place)
		return false;
	place.textContent = message ?? "";
	if (!input)
		return false;
	if (message)
		input.setAttribute("aria-invalid", "true");
	else
		input.removeAttribute("aria-invalid");
	return true;
}

// Opens what the field is folded in, and goes there.
export function goTo(id) {
	const input = byId(id) ?? byId(`${id}-replace`);

	for (let at = input; at; at = at.parentElement)
		if (at.tagName === "DETAILS")
			at.open = true;
	input?.focus();
	return Boolean(input);
}
