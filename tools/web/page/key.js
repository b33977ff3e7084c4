// SPDX-License-Identifier: BSD-2-Clause
// The configuration's keys, as the method `config` lists them: their names for
// people, their place in the form, their values as text.

const LABELS = {
	line: {
		enabled: "Line is on", user: "User", auth_user: "Authentication user",
		password: "Password", domain: "Domain", display: "Display name",
		profile: "Defaults of", failback: "Failback",
		failback_interval: "Failback interval", retry_counts: "Retry counts",
		invite_retry_counts: "Retry counts of INVITE",
		subscribe_mwi: "Ask for waiting messages",
		subscribe_mwi_expires: "Waiting messages: period",
		calls_max: "Calls at once", outbound: "Flows (RFC 5626)",
		min_se: "Shortest session period", race: "Race of two servers",
		registration: "Registration at two servers",
		register_before_resend: "Register before sending again",
		redundancy_with_reg_fail: "Next server after a rejection",
		register_failover_codes: "Codes that move REGISTER",
		invite_failover_codes: "Codes that move INVITE",
		bye_failover_codes: "Codes that move BYE",
		retry_counts_are: "Retry counts are", retry_time: "Longest time for one server",
		skip_redundant_failover_addr: "Skip servers of the same address",
		only_signal_with_registered: "Only where it is registered",
		failback_mode: "Failback mode", failback_timeout: "Failback time-out",
		failback_when_idle: "Failback only without calls",
		failback_subscribe: "Subscribe anew after a move",
		expires_overlap: "Refresh ahead of the end",
		register_retry_base: "First pause after all failed",
		register_retry_max: "Longest pause after all failed",
		reliable_provisional: "Reliable provisional responses",
		session_timer: "Session timers", session_expires: "Session period",
		session_refresher: "Session refreshed by",
		outbound_proxy_route: "Name the proxy in Route",
		outbound_proxy_fallback_interval: "Interval back to the first proxy",
	},
	server: {
		address: "Address", port: "Port", expires: "Registration period",
		transport: "Transport", tls_name: "Name in the certificate",
	},
};

// F-62, F-63, F-64: what is not under Advanced.
export const REGISTRATION = ["enabled", "user", "auth_user", "password", "domain", "display"];
export const BASIC = ["profile", "failback", "failback_interval", "retry_counts",
	"invite_retry_counts"];
export const SERVER = ["address", "port", "expires", "transport"];

const GROUPS = [
	["Failover", ["registration", "race", "register_before_resend",
		"redundancy_with_reg_fail", "register_failover_codes",
		"invite_failover_codes", "bye_failover_codes", "retry_counts_are",
		"retry_time", "skip_redundant_failover_addr", "only_signal_with_registered"]],
	["Back to the primary", ["failback_mode", "failback_timeout", "failback_when_idle",
		"failback_subscribe"]],
	["Registering", ["expires_overlap", "register_retry_base", "register_retry_max",
		"outbound"]],
	["Calls", ["calls_max", "reliable_provisional", "session_timer", "session_expires",
		"session_refresher", "min_se"]],
	["Mailbox", ["subscribe_mwi", "subscribe_mwi_expires"]],
	["Through outbound proxies", ["outbound_proxy_route",
		"outbound_proxy_fallback_interval"]],
];

export function labelOf(section, name) {
	const label = LABELS[section === "line" ? "line" : "server"][name] ??
		(section === "line" ? undefined : LABELS.line[name]);

	if (label)
		return label;
	const words = name.replaceAll("_", " ");
	return words[0].toUpperCase() + words.slice(1);
}

// [title, [key]] of all keys of a line that have no place of their own: a key
// that this page does not know is shown as well.
export function advanced(keys) {
	const left = new Map(keys.filter((k) => !REGISTRATION.includes(k.name) &&
		!BASIC.includes(k.name)).map((k) => [k.name, k]));
	const groups = GROUPS.map(([title, names]) => [title, names.flatMap((name) => {
		const key = left.get(name);
		left.delete(name);
		return key ? [key] : [];
	})]);

	groups.push(["Others", [...left.values()]]);
	return groups.filter(([, list]) => list.length);
}

export function defaultOf(key, profile) {
	return key.default?.[profile];
}

export function isTrue(value) {
	return value === true || value === 1 || value === "true" || value === "1";
}

// As people read it.
export function textOf(key, value) {
	if (value === undefined || value === null)
		return "";
	if (key?.type === "flag")
		return isTrue(value) ? "on" : "off";
	if (Array.isArray(value))
		return value.join(" ");
	return String(value);
}

export function rangeOf(key) {
	const unit = key.unit ? ` ${key.unit}` : "";

	if (key.type === "number" && key.min !== undefined && key.max !== undefined)
		return `${key.min}..${key.max}${unit}`;
	if (key.type === "number")
		return `a number${unit && ","}${unit}`;
	if (key.max !== undefined && key.type === "text")
		return `at most ${key.max} bytes`;
	return "";
}

// What is wrong with a value, as far as the page can tell; the daemon has the
// last word.  null: nothing.
export function wrongWith(key, value) {
	if (value === undefined || value === null || value === "")
		return null;
	if (key.type === "number") {
		if (!Number.isSafeInteger(value))
			return `must be a whole number, ${rangeOf(key)}`;
		if (value < (key.min ?? value) || value > (key.max ?? value))
			return `must be in ${rangeOf(key)}`;
	}
	if (key.type === "host" && /\s/.test(value))
		return "must be an address or a name, without spaces";
	if (key.type === "codes" && !/^\s*([1-6]\d\d|[1-6]xx)([\s,]+([1-6]\d\d|[1-6]xx))*\s*$/
		.test(textOf(key, value)))
		return "must be SIP status codes, as 500 503 or 5xx";
	return null;
}
