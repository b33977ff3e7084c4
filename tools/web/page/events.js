// SPDX-License-Identifier: BSD-2-Clause
// What happens, as it happens.  A stream that broke may have lost something:
// whoever shows something asks for it anew then ("gap").
import { askSession } from "./server.js";

const TYPES = ["kernel", "verdict", "tls", "health", "local", "path", "address", "failover",
	"tx", "rx", "call", "registered", "unregistered", "overload", "mwi", "location",
	"failed", "config", "daemon", "gap", "resync", "lost"];
const GAPS = ["gap", "resync", "lost"];
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

let source = null, tries = 0, timer = null;
const calls = [];

// call(type, data); types "open" (anew: a gap) and "broken" are of the stream.
export function listen(call) {
	calls.push(call);
}

function tell(type, data) {
	for (const call of calls)
		call(type, data);
}

function received(type, event) {
	let data;

	try {
		data = JSON.parse(event.data);
	} catch {
		tell("gap", {});
		return;
	}
	tell(GAPS.includes(type) ? "gap" : type, data);
}

// Once closed the browser does not try by itself; that a session has ended is
// told by the question for it.
async function broken() {
	tell("broken", {});
	if (source?.readyState !== EventSource.CLOSED || timer)
		return;
	timer = setTimeout(async () => {
		timer = null;
		try {
			await askSession();
		} catch (error) {
			if (error.status === 401) {
				tell("session", {});
				return;
			}
		}
		start();
	}, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
}

export function start() {
	stop();
	source = new EventSource("/api/events");
	source.onopen = () => {
		tries = 0;
		tell("open", {});
	};
	source.onerror = broken;
	for (const type of TYPES)
		source.addEventListener(type, (event) => received(type, event));
}

function stop() {
	clearTimeout(timer);
	timer = null;
	source?.close();
}

// Until start(): there is no session.
export function end() {
	stop();
	source = null;
}

// A browser has few connections to one server: windows that nobody looks at leave
// theirs to the others.
document.addEventListener("visibilitychange", () => {
	if (!source)
		return;
	if (document.visibilityState === "hidden")
		stop();
	else if (source.readyState === EventSource.CLOSED && !timer)
		start();
});
addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => {
	if (event.persisted)
		start();
});
