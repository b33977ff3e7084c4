// SPDX-License-Identifier: BSD-2-Clause
// Elements.  Text goes in as text: nothing that comes from the network or from
// an operator is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name === "on")
			for (const [type, call] of Object.entries(value))
				node.addEventListener(type, call);
		else
			node.setAttribute(name, value === true ? "" : value);
	}
	node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
	return node;
}

export function el(name, attributes = {}, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

export const byId = (id) => document.getElementById(id);

// What a screen reader is told by the way.  The same text twice in a row would
// not be read: it is taken away first.
export function say(text) {
	const place = byId("say");

	place.textContent = "";
	requestAnimationFrame(() => { place.textContent = text; });
}

// Draws a part of the page anew; the focus and what was unfolded stay with the
// elements of the same id.
export function redraw(place, ...children) {
	const focused = place.contains(document.activeElement) && document.activeElement.id;
	const open = [...place.querySelectorAll("details[open][id]")].map((d) => d.id);

	place.replaceChildren(...children.flat().filter(Boolean));
	for (const id of open) {
		const details = byId(id);
		if (details)
			details.open = true;
	}
	if (focused)
		byId(focused)?.focus({ preventScroll: true });
}
