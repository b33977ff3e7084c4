// SPDX-License-Identifier: BSD-2-Clause
// What was changed and not applied: the page's own arithmetic, without a page.
import { Draft } from "../../../tools/web/page/draft.js";
import { rangeOf, wrongWith } from "../../../tools/web/page/key.js";
import { is, ok } from "../tap.js";

const answer = (more = {}) => ({ revision: "r1", lines: [
	{ name: "a", set: { user: "u", domain: "d" },
		servers: [{ set: { address: "1" } }, { set: { address: "2" } }],
		outbound_proxies: [] },
	{ name: "b", set: { user: "v" }, servers: [{ set: { address: "1" } }] },
], ...more });

function changed(set, servers = [{ set: { address: "1" } }, { set: { address: "2" } }]) {
	const theirs = answer({ revision: "r2" });

	theirs.lines[0] = { name: "a", set, servers, outbound_proxies: [] };
	return theirs;
}

export async function payload() {
	const d = new Draft(answer());

	d.change("a", "line", 0, "user", "w");
	is(d.changed(), ["a"], "a change makes its line a changed one");
	d.change("a", "line", 0, "user", "u");
	is(d.changed(), [], "and is none when the value is again as it was");
	d.change("a", "line", 0, "domain", undefined);
	d.change("a", "server", 3, "address", "4");
	is(d.payload(), { params: { revision: "r1", lines: [{ name: "a", set: { user: "u" },
		servers: [{ address: "1" }, { address: "2" }, { address: "4" }],
		outbound_proxies: [] }], remove: [] },
	places: { a: { server: [0, 1, 3], outbound_proxy: [] } } },
	"a line goes whole, without empty rows, whose places are kept");
	d.undo("a");
	d.change("a", "line", 0, "password", null);
	is(d.payload().params.lines[0].set.password, null, "a password is taken away by null");
	d.change("a", "line", 0, "password", undefined);
	is(d.changed(), [], "one that is kept is no change");
	d.add("c");
	d.remove("b");
	is(d.changes(), [{ line: "c", what: "new" }, { line: "b", what: "removed" }],
		"lines come and go as one change each");
	is(d.payload().params.remove, ["b"], "a line that goes is named");
	d.remove("c");
	is(d.names(), ["a", "b"], "one that was never there is forgotten");
}

export async function merge() {
	const d = new Draft(answer());
	d.change("a", "line", 0, "user", "mine");
	d.change("a", "server", 1, "port", 5070);
	const theirs = changed({ user: "u", domain: "theirs" },
		[{ set: { address: "1" } }, { set: { address: "9" } }]);
	is(d.others(theirs).map((o) => [o.section, o.key, o.from, o.to, o.both]),
		[["line", "domain", "d", "theirs", false], ["server", "address", "2", "9", false]],
		"what others changed is found");
	const top = d.onTopOf(theirs);
	is([top.revision, top.line("a").set, top.line("a").servers],
		["r2", { user: "mine", domain: "theirs" }, [{ address: "1" },
			{ address: "9", port: 5070 }]], "mine lies on top of theirs, key by key");
	is(new Draft(answer()).onTopOf(theirs).changed(), [], "nothing on top changes nothing");

	const both = changed({ user: "theirs", domain: "d" });
	ok(d.others(both)[0].both, "a key that both changed is marked");
	is(d.onTopOf(both).line("a").set.user, "mine", "and the later word counts");

	const same = changed({ user: "mine", domain: "d" });
	d.undo("a");
	d.change("a", "line", 0, "user", "mine");
	is(d.onTopOf(same).changed(), [], "who did the same leaves nothing to apply");

	const gone = answer({ revision: "r3" });
	gone.lines.shift();
	is(d.others(gone).map((o) => [o.line, o.what, o.both]), [["a", "removed", true]],
		"a line that was removed meanwhile is told");
	is(d.onTopOf(gone).changed(), ["a"], "and comes back with mine");
	const left = new Draft(answer());
	left.remove("a");
	is(left.onTopOf(gone).changed(), [], "one that both removed is gone");
}

export async function values() {
	const key = { name: "x", type: "number", min: 10, max: 65535, unit: "s" };

	is(rangeOf(key), "10..65535 s", "a range has its unit");
	for (const [value, right] of [[undefined, true], [10, true], [65535, true], [9, false],
		[65536, false], [1.5, false], ["abc", false], ["1e3", false]])
		is(wrongWith(key, value) === null, right, `a number: ${value}`);
	for (const [text, right] of [["500", true], ["500 503", true], ["500, 5xx", true],
		["600,", false], ["abc", false], ["5x", false], ["1000", false]])
		is(wrongWith({ type: "codes" }, text) === null, right, `codes: ${text}`);
	ok(wrongWith({ type: "host" }, "a b"), "a host has no spaces");
}
