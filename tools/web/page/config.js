// SPDX-License-Identifier: BSD-2-Clause
// The configuration as the daemon has it, and what is being changed.
import { Draft } from "./draft.js";
import * as server from "./server.js";

export const config = {
	answer: null,           // the method config's
	draft: null,            // on top of it
	line: null,             // the name that is chosen
	theirs: false,          // somebody else has applied meanwhile
	errors: [],             // of the last Apply: { line, section, index, key, message }
};

export function accept(answer, draft = new Draft(answer)) {
	config.answer = answer;
	config.draft = draft;
	config.theirs = false;
	if (!config.line || !draft.names().includes(config.line))
		config.line = draft.names()[0] ?? null;
}

export const fetchAnswer = () => server.get("/api/config");

// The newest configuration; changes that are not applied yet stay as they are,
// and a newer one is told about only.  True: there is something new to draw.
export async function refresh() {
	const answer = await fetchAnswer();

	if (config.draft && answer.revision === config.draft.revision)
		return false;
	if (config.draft?.changed().length) {
		config.theirs = true;
		return true;
	}
	accept(answer);
	return true;
}

export const unsaved = () => Boolean(config.draft?.changed().length);

export function keysOf(section) {
	return config.answer.keys[section] ?? [];
}

export function lineAnswer(name) {
	return config.answer.lines.find((l) => l.name === name);
}

// Where a key's default comes from.
export function profileOf(name) {
	const line = config.draft.line(name);

	return line?.set.profile ?? "fanvil";
}
