// SPDX-License-Identifier: BSD-2-Clause
// What was changed on the page and not applied yet: values, no page.  A line is
// { name, set, password, servers: [{}], outbound_proxies: [{}] }; password is
// undefined (the old one stays), null (none) or the new one.  A key that is not
// in its object has the default of the line's profile.

export const SECTIONS = { server: "servers", outbound_proxy: "outbound_proxies" };

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const copy = (value) => structuredClone(value);

function fromAnswer(line) {
	return {
		name: line.name, set: { ...line.set }, password: undefined,
		servers: (line.servers ?? []).map((s) => ({ ...s.set })),
		outbound_proxies: (line.outbound_proxies ?? []).map((s) => ({ ...s.set })),
	};
}

// The object that has a section's keys; made if the row is not there yet.
function place(line, section, index, make) {
	const rows = line[SECTIONS[section]];

	if (section === "line")
		return line.set;
	while (make && rows.length <= index)
		rows.push({});
	return rows[index] ?? {};
}

export function valueOf(line, section, index, key) {
	if (section === "line" && key === "password")
		return line.password;
	return place(line, section, index, false)[key];
}

function put(line, section, index, key, value) {
	if (section === "line" && key === "password") {
		line.password = value;
		return;
	}
	const keys = place(line, section, index, true);
	if (value === undefined)
		delete keys[key];
	else
		keys[key] = value;
}

// What differs between two versions of a line: { section, index, key, from, to }.
export function difference(from, to) {
	const found = [];
	const pair = (section, index) => {
		const [a, b] = [place(from, section, index), place(to, section, index)];
		for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
			if (!same(a[key], b[key]))
				found.push({ section, index, key, from: a[key], to: b[key] });
	};

	pair("line", 0);
	if (to.password !== from.password)
		found.push({ section: "line", index: 0, key: "password",
			from: from.password, to: to.password });
	for (const [section, rows] of Object.entries(SECTIONS))
		for (let i = 0; i < Math.max(from[rows].length, to[rows].length); i++)
			pair(section, i);
	return found;
}

const nothing = (name) => ({ name, set: {}, password: undefined, servers: [],
	outbound_proxies: [] });

export class Draft {
	constructor(answer) {
		this.revision = answer.revision;
		this.base = new Map(answer.lines.map((l) => [l.name, fromAnswer(l)]));
		this.mine = new Map();          // name -> line, or null: removed
	}

	names() {
		return [...new Set([...this.base.keys(), ...this.mine.keys()])];
	}

	line(name) {
		return this.mine.get(name) ?? this.base.get(name) ?? null;
	}

	isNew(name) {
		return !this.base.has(name);
	}

	isRemoved(name) {
		return this.mine.get(name) === null;
	}

	change(name, section, index, key, value) {
		const line = this.mine.get(name) ?? copy(this.base.get(name) ?? nothing(name));

		put(line, section, index, key, value);
		this.keep(name, line);
	}

	// One that is again as it was is not changed.
	keep(name, line) {
		const base = this.base.get(name);

		if (base && difference(base, line).length === 0)
			this.mine.delete(name);
		else
			this.mine.set(name, line);
	}

	dropRow(name, section, index) {
		const line = this.mine.get(name) ?? copy(this.base.get(name));

		line[SECTIONS[section]].splice(index, 1);
		this.keep(name, line);
	}

	add(name) {
		this.mine.set(name, nothing(name));
	}

	remove(name) {
		if (this.base.has(name))
			this.mine.set(name, null);
		else
			this.mine.delete(name);
	}

	undo(name) {
		this.mine.delete(name);
	}

	changed() {
		return [...this.mine.keys()];
	}

	// All changes, as text needs them: a line that is new or removed counts once.
	changes() {
		return [...this.mine].flatMap(([name, line]) => {
			if (line === null || this.isNew(name))
				return [{ line: name, what: line === null ? "removed" : "new" }];
			return difference(this.base.get(name), line)
				.map((d) => ({ line: name, what: "changed", ...d }));
		});
	}

	// The params of config_apply, and where each row of it is in the form:
	// rows in which nothing is written are left out.
	payload() {
		const lines = [], places = {};

		for (const [name, line] of this.mine) {
			if (line === null)
				continue;
			const out = { name, set: { ...line.set } };
			if (line.password !== undefined)
				out.set.password = line.password;
			places[name] = {};
			for (const [section, rows] of Object.entries(SECTIONS)) {
				const used = [...line[rows].keys()]
					.filter((i) => Object.keys(line[rows][i]).length);
				out[rows] = used.map((i) => line[rows][i]);
				places[name][section] = used;
			}
			lines.push(out);
		}
		return {
			params: { revision: this.revision, lines,
				remove: this.changed().filter((n) => this.isRemoved(n)) },
			places,
		};
	}

	// Somebody else has applied: what they changed since `base`, and whether
	// it is a thing that was changed here as well.
	others(answer) {
		const theirs = new Draft(answer), found = [];

		for (const name of new Set([...this.base.keys(), ...theirs.base.keys()])) {
			const [was, is] = [this.base.get(name), theirs.base.get(name)];
			const touched = this.mine.has(name);
			if (!was || !is) {
				found.push({ line: name, what: is ? "new" : "removed",
					both: touched });
				continue;
			}
			const mine = this.mine.get(name);
			const here = (d) => mine ? valueOf(mine, d.section, d.index, d.key) :
				undefined;
			for (const d of difference(was, is))
				found.push({ line: name, what: "changed", ...d,
					mine: here(d), removedHere: mine === null,
					both: mine === null ||
						Boolean(mine) && !same(d.from, here(d)) });
		}
		return found;
	}

	// My changes, laid on top of what is applied now.
	onTopOf(answer) {
		const next = new Draft(answer);

		for (const [name, line] of this.mine) {
			const base = this.base.get(name), theirs = next.base.get(name);
			if (line === null) {
				if (theirs)
					next.mine.set(name, null);
				continue;
			}
			if (!base || !theirs) {
				next.mine.set(name, copy(line));
				continue;
			}
			const merged = copy(theirs);
			for (const d of difference(base, line))
				put(merged, d.section, d.index, d.key, d.to);
			next.keep(name, merged);
		}
		return next;
	}
}
