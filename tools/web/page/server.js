// SPDX-License-Identifier: BSD-2-Clause
// The phone's web server: requests with the session's CSRF token.

// What comes without words of its own.
const WORDS = {
	session: "The session has ended: log in again.",
	csrf: "The session has changed: load the page anew.",
	daemon_away: "sipoverd does not answer.",
	busy: "Too much at once: try again.",
	too_long: "That is too long to be sent at once.",
	method: "This sipoverd cannot do that.",
	daemon: "sipoverd refused it.",
	not_found: "There is no such thing any more.",
};

export class Refused extends Error {
	constructor(status, body) {
		super(body.message ?? WORDS[body.error] ?? body.error ?? `HTTP ${status}`);
		this.status = status;
		this.body = body;
	}

	is(error) {
		return this.body.error === error;
	}
}

let csrf = null;
const listeners = { session: [], daemon: [] };

export function setToken(token) {
	csrf = token;
}

// on("session", f): the session has ended.  on("daemon", f): f(true) when
// sipoverd answers, f(false) when it does not.
export function on(what, call) {
	listeners[what].push(call);
}

function tell(what, ...values) {
	for (const call of listeners[what])
		call(...values);
}

async function request(path, options) {
	let response, body;

	try {
		response = await fetch(path, {
			credentials: "same-origin", cache: "no-store", ...options,
		});
		body = await response.json().catch(() => ({}));
	} catch {
		throw new Refused(0, { error: "unreachable",
			message: "The phone's web server does not answer." });
	}
	if (response.ok)
		return body;
	throw new Refused(response.status, body);
}

// Not of sipoverd: an answer to these says nothing about it.
const OWN = ["/api/logout", "/api/password"];

async function watched(path, call) {
	try {
		const body = await call();
		if (!OWN.includes(path))
			tell("daemon", true);
		return body;
	} catch (error) {
		if (!(error instanceof Refused))
			throw error;
		if (error.is("session"))
			tell("session");
		else if (error.is("daemon_away"))
			tell("daemon", false);
		throw error;
	}
}

function send(path, body) {
	const headers = { "Content-Type": "application/json" };

	if (csrf)
		headers["X-CSRF-Token"] = csrf;
	return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

// Of the session itself: says nothing about the daemon.
export const askSession = () => request("/api/session");
export const sendLogin = (password) => send("/api/login", { password });

export function get(path) {
	return watched(path, () => request(path));
}

// Another window of the same browser may have logged in again meanwhile: the
// token is then another one, and is asked for once.
export function post(path, body = {}) {
	return watched(path, async () => {
		try {
			return await send(path, body);
		} catch (error) {
			if (!(error instanceof Refused) || !error.is("csrf"))
				throw error;
			csrf = (await askSession()).csrf;
			return send(path, body);
		}
	});
}
