// SPDX-License-Identifier: BSD-2-Clause
// What a screen reader, or eyes that see little, would stumble over.  It runs
// in the page, so it uses nothing from outside.

export function findings() {
	const found = [];
	const seen = (n) => n.checkVisibility({ visibilityProperty: true }) &&
		!n.closest("[aria-hidden=true]");
	const short = (n) => `${n.tagName.toLowerCase()}${n.id && `#${n.id}`} ` +
		`"${(n.textContent ?? "").trim().slice(0, 30)}"`;
	const all = (selector) => [...document.querySelectorAll(selector)];
	const tell = (what, n, more = "") => found.push(`${what}: ${short(n)} ${more}`.trim());

	const ids = new Set();
	for (const n of all("[id]")) {
		if (ids.has(n.id))
			tell("twice", n);
		ids.add(n.id);
	}
	for (const n of all("[aria-describedby], [aria-labelledby], label[for]"))
		for (const name of ["aria-describedby", "aria-labelledby", "for"])
			for (const id of (n.getAttribute(name) ?? "").split(/\s+/).filter(Boolean))
				if (!ids.has(id) && !(name === "for" && ids.has(`${id}-state`)))
					tell("nothing of that id", n, id);
	for (const n of all("input, select, textarea").filter(seen))
		if (!n.labels?.length && !n.getAttribute("aria-label"))
			tell("no label", n);
	for (const n of all("button, a[href], summary").filter(seen))
		if (!(n.getAttribute("aria-label") ?? n.textContent).trim())
			tell("no name", n);
	for (const n of all("img"))
		if (!n.hasAttribute("alt"))
			tell("image", n);
	for (const n of all("svg").filter((s) => s.getAttribute("aria-hidden") !== "true"))
		if (!n.getAttribute("aria-label"))
			tell("image", n);
	for (const n of all("dialog[open], form, nav, section, table, [role=region]").filter(seen))
		if (!n.getAttribute("aria-label") && !n.getAttribute("aria-labelledby") &&
			!n.querySelector("caption") && !n.closest("dialog form"))
			tell("no name", n);
	for (const n of all("td, th").filter((c) => !c.closest("table").querySelector("th[scope]")))
		tell("heading", n, "of no column");

	let level = 0;
	for (const n of all("h1, h2, h3, h4, h5, h6").filter((h) => seen(h) && !h.closest("dialog"))) {
		const here = Number(n.tagName[1]);
		if (here > level + 1)
			tell("heading", n, `after level ${level}`);
		level = here;
	}
	for (const selector of ["main", "h1"]) {
		const number = all(selector).filter((n) => !n.closest("dialog")).length;
		if (number !== 1)
			found.push(`landmark: ${number} ${selector}`);
	}
	if (!document.documentElement.lang || !document.title)
		found.push("no name: the page");
	if (!all("[role=status]").length || !all("[role=alert]").length)
		found.push("landmark: no live region");

	// Contrast (WCAG 2 1.4.3), of what is seen: text on the first ground that
	// is not transparent.
	const parts = (c) => {
		const p = c.match(/[\d.]+/g).map(Number);
		return p.length === 3 ? [...p, 1] : p;
	};
	const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) =>
		v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = (n) => {
		for (let at = n; at; at = at.parentElement) {
			const c = parts(getComputedStyle(at).backgroundColor);
			if (c[3] === 1)
				return c;
		}
		return [255, 255, 255, 1];
	};
	const ratio = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const check = (n, colour, least, what) => {
		const r = ratio(parts(colour), ground(n));
		if (r < least)
			tell("contrast", n, `${what} ${r.toFixed(2)}`);
	};
	for (const n of all("body *").filter(seen)) {
		const style = getComputedStyle(n);
		if ([...n.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim()) &&
			!n.closest(".unseen, option, svg, noscript"))
			check(n, style.color, 4.5, "text");
		if (n.matches("input, select")) {
			check(n, style.color, 4.5, "value");
			const inside = getComputedStyle(n, "::placeholder");
			if (n.placeholder)
				check(n, inside.color, 4.5, "placeholder");
			const r = ratio(parts(style.borderTopColor), ground(n.parentElement));
			if (r < 3)
				tell("contrast", n, `edge ${r.toFixed(2)}`);
		}
	}
	return found;
}
