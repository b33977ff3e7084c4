// SPDX-License-Identifier: BSD-2-Clause
// Points of a test, as TAP.

let count = 0, bad = 0;

export function ok(right, name, ...notes) {
	count++;
	if (!right) {
		bad++;
		for (const note of notes.flatMap((n) => String(n).split("\n")))
			console.log(`# ${note}`);
	}
	console.log(`${right ? "ok" : "not ok"} ${count} - ${name.replaceAll("#", "")}`);
	return Boolean(right);
}

export function is(have, want, name) {
	const [a, b] = [JSON.stringify(have), JSON.stringify(want)];

	return ok(a === b, name, `have ${a}`, `want ${b}`);
}

export function plan() {
	console.log(`1..${count}`);
	return bad ? 1 : 0;
}
