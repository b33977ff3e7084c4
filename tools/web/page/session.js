// SPDX-License-Identifier: BSD-2-Clause
// Logging in and out (F-59).  A session that ends while the page is open is
// asked for anew in a dialog: what was typed stays.
import { byId, el, say } from "./element.js";
import * as server from "./server.js";

let dialog = null;

function noPassword(again) {
	return el("section", { class: "card narrow", "aria-labelledby": "login-title" },
		el("h1", { id: "login-title", tabindex: "-1" }, "No password is set"),
		el("p", {}, "This page can be used once the phone has a password. " +
			"Set one on the phone itself, as root:"),
		el("pre", {}, el("code", { id: "command", tabindex: "0" }, again.command)),
		el("button", { type: "button", id: "again", class: "main",
			on: { click: again.retry } }, "Try again"));
}

function why(error) {
	if (error.is("password"))
		return "This is not the password.";
	if (error.is("rate"))
		return `Too many tries. Wait ${error.body.retry_s ?? 60} s, then try again.`;
	return error.message;
}

function form(title, note, done) {
	const word = el("p", { class: "error", id: "login-error", role: "alert" });
	const input = el("input", { id: "login-password", type: "password", required: true,
		autocomplete: "current-password", "aria-describedby": "login-error" });
	const button = el("button", { type: "submit", class: "main" }, "Log in");

	async function submit(event) {
		event.preventDefault();
		word.textContent = "";
		input.removeAttribute("aria-invalid");
		try {
			const got = await server.sendLogin(input.value);
			server.setToken(got.csrf);
			done();
		} catch (error) {
			if (error.is?.("no_password")) {
				done(error);
				return;
			}
			word.textContent = why(error);
			input.setAttribute("aria-invalid", "true");
			input.select();
			input.focus();
		}
	}

	return el("form", { class: "card narrow", "aria-labelledby": "login-title",
		on: { submit } },
		el("h1", { id: "login-title", tabindex: "-1" }, title),
		note && el("p", {}, note),
		// For password managers, which ask for one.
		el("input", { type: "text", autocomplete: "username", value: "phone",
			hidden: true, "aria-hidden": "true", tabindex: "-1" }),
		el("div", { class: "field" },
			el("label", { for: "login-password" }, "Password"), input, word),
		el("p", { class: "buttons" }, button));
}

function show(place, node) {
	place.replaceChildren(node);
	(node.querySelector("input:not([hidden])") ?? node.querySelector("h1")).focus();
}

// Returns when there is a session; true: it began here.
export function enter() {
	const main = byId("main");

	document.title = "Log in - sipover";
	return new Promise((resolve) => {
		async function ask() {
			try {
				server.setToken((await server.askSession()).csrf);
				resolve(false);
			} catch (error) {
				if (error.is?.("no_password")) {
					document.title = "No password - sipover";
					show(main, noPassword({ command: error.body.command ??
						"sipover-web --set-password", retry: ask }));
				} else if (error.status === 401) {
					show(main, form("Log in", null,
						(e) => e ? ask() : resolve(true)));
				} else {
					show(main, unreachable(ask));
				}
			}
		}
		ask();
	});
}

function unreachable(retry) {
	return el("section", { class: "card narrow" },
		el("h1", { tabindex: "-1" }, "The phone does not answer"),
		el("button", { type: "button", class: "main", on: { click: retry } },
			"Try again"));
}

// The session is over: asks for the password over the page as it is.
export function reenter(done) {
	if (dialog)
		return;
	dialog = el("dialog", { id: "login", "aria-labelledby": "login-title",
		on: { cancel: (event) => event.preventDefault() } });
	show(dialog, form("Log in again",
		"The session has ended. What you typed is still here.", (error) => {
			if (error) {
				location.reload();
				return;
			}
			dialog.close();
			dialog.remove();
			dialog = null;
			say("Logged in");
			done();
		}));
	byId("dialogs").append(dialog);
	dialog.showModal();
	byId("login-password").focus();
}

export async function leave() {
	try {
		await server.post("/api/logout");
	} catch {
		// It has ended either way.
	}
	location.reload();
}

// The view with which the page's own password is changed.
export function passwordView(main) {
	const word = el("p", { class: "error", id: "p-error", role: "alert" });
	const input = (id, label, complete) => el("div", { class: "field" },
		el("label", { for: id }, label),
		el("input", { id, type: "password", required: true, autocomplete: complete,
			"aria-describedby": "p-error" }));

	async function submit(event) {
		event.preventDefault();
		word.textContent = "";
		if (byId("p-new").value !== byId("p-same").value) {
			word.textContent = "The new password and its repetition differ.";
			byId("p-same").focus();
			return;
		}
		try {
			const got = await server.post("/api/password", {
				old: byId("p-old").value, new: byId("p-new").value });
			if (got.csrf)
				server.setToken(got.csrf);
			event.target.reset();
			say("The password is changed.");
			word.textContent = "The password is changed.";
		} catch (error) {
			word.textContent = why(error);
			byId("p-old").focus();
		}
	}

	main.replaceChildren(
		el("h1", { tabindex: "-1" }, "Password"),
		el("form", { class: "card narrow", "aria-label": "Password of this page",
			on: { submit } },
			el("p", {}, "The password of this page, not that of a line."),
			el("input", { type: "text", autocomplete: "username", value: "phone",
				hidden: true }),
			input("p-old", "Password now", "current-password"),
			input("p-new", "New password", "new-password"),
			input("p-same", "New password again", "new-password"),
			word,
			el("p", { class: "buttons" },
				el("button", { type: "submit", class: "main" }, "Change"))));
}
