// SPDX-License-Identifier: BSD-2-Clause
// What the daemon's names mean, for people.

const CAUSES = {
	net_unreach: "network unreachable", host_unreach: "host unreachable",
	proto_unreach: "protocol unreachable",
	port_unreach: "port unreachable: no program answers there",
	pkt_too_big: "packet too big", admin_prohibited: "prohibited on the way",
	ttl_exceeded: "lost on the way (time to live)",
	tcp_refused: "connection refused", tcp_reset: "connection reset",
	tcp_fin: "connection closed by the server", tcp_timeout: "connection timed out",
	tcp_unreach: "unreachable, on the connection", tcp_retransmit: "not acknowledged",
	neigh_failed: "no such neighbour in the local network",
	unanswered: "no answer in time", carrier_lost: "no network cable or radio",
	route_lost: "no route", addr_lost: "no own address", send_error: "cannot be sent",
	flow_timeout: "no answer to the keep-alive", heard: "answered",
	tcp_established: "connected", tls_failed: "TLS failed",
};

const HEALTH = {
	unknown: "not known yet", up: "up", suspect: "suspect", down: "down",
	blocked: "blocked",
};

const LINE = {
	resolving: "looking up its servers", idle: "not registered", trying: "registering",
	wait: "waiting before the next try", registered: "registered",
	refreshing: "registered, refreshing",
	changing: "changing over to what was applied",
};

const CALL = {
	dialing: "dialing", ringing: "ringing", cancel_wait: "being cancelled",
	cancelling: "being cancelled", incoming: "coming in", answering: "being answered",
	up: "up", ending: "ending", bye_wait: "ending",
};

const plain = (text) => String(text ?? "").replaceAll("_", " ");

export const causeWord = (name) => name && (CAUSES[name] ?? plain(name));
export const healthWord = (name) => HEALTH[name] ?? plain(name);
export const lineWord = (name) => LINE[name] ?? plain(name);
export const callWord = (name) => CALL[name] ?? plain(name);

// "192.0.2.1:5060;udp" as 192.0.2.1 (udp): the port only if it is another one.
export function serverWord(text) {
	const found = /^(.*):(\d+);(\w+)$/.exec(text ?? "");

	if (!found)
		return text ?? "";
	const [, host, port, transport] = found;
	return `${host}${port === "5060" ? "" : `:${port}`} (${transport})`;
}

export function age(seconds) {
	const s = Math.max(0, Math.round(seconds));

	if (s < 60)
		return `${s} s`;
	if (s < 3600)
		return `${Math.floor(s / 60)} min ${s % 60} s`;
	if (s < 86400)
		return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
	return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

// 1234567 as 1 234 567, with narrow spaces that do not break.
export function micros(us) {
	return String(Math.round(us)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
