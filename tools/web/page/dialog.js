// SPDX-License-Identifier: BSD-2-Clause
// Questions in a dialog.  Escape is the answer null; the focus goes back to
// where it was.
import { byId, el } from "./element.js";

// buttons: [[value, text]], the last one is the main one.
export function ask(title, body, buttons) {
	return new Promise((resolve) => {
		const before = document.activeElement;
		const close = (value) => {
			dialog.close();
			dialog.remove();
			resolve(value);
			if (before?.isConnected && document.activeElement === document.body)
				before.focus();
		};
		const dialog = el("dialog", { "aria-labelledby": "dialog-title",
			on: { cancel: (event) => { event.preventDefault(); close(null); } } },
			el("h2", { id: "dialog-title" }, title), body,
			el("p", { class: "buttons" }, buttons.map(([value, text], i) =>
				el("button", { type: "button", id: `dialog-${value}`,
					class: i === buttons.length - 1 && "main",
					on: { click: () => close(value) } }, text))));

		byId("dialogs").append(dialog);
		dialog.showModal();
	});
}

// A question whose answer is a text.  check(text): what is wrong with it, or null.
export function askText(title, label, check) {
	return new Promise((resolve) => {
		const before = document.activeElement;
		const word = el("p", { class: "error", id: "dialog-error", role: "alert" });
		const input = el("input", { id: "dialog-text", type: "text", autocomplete: "off",
			autocapitalize: "none", spellcheck: "false",
			"aria-describedby": "dialog-error" });
		const close = (value) => {
			dialog.close();
			dialog.remove();
			before?.focus();
			resolve(value);
		};
		const submit = (event) => {
			event.preventDefault();
			const wrong = check(input.value);
			if (!wrong) {
				close(input.value);
				return;
			}
			word.textContent = wrong;
			input.setAttribute("aria-invalid", "true");
			input.focus();
		};
		const dialog = el("dialog", { "aria-labelledby": "dialog-title",
			on: { cancel: (event) => { event.preventDefault(); close(null); } } },
			el("form", { on: { submit } },
				el("h2", { id: "dialog-title" }, title),
				el("div", { class: "field" },
					el("label", { for: "dialog-text" }, label), input, word),
				el("p", { class: "buttons" },
					el("button", { type: "button",
						on: { click: () => close(null) } }, "Cancel"),
					el("button", { type: "submit", class: "main" }, "OK"))));

		byId("dialogs").append(dialog);
		dialog.showModal();
	});
}
