// SPDX-License-Identifier: BSD-2-Clause
// Questions that many events want: the first is asked at once, the others
// together after a pause.

const PAUSE_MS = 500;

// A function that calls ask() at most once in a pause, and once more behind it
// if it was wanted meanwhile.
export function throttled(ask) {
	let timer = null, wanted = false;

	return function again() {
		if (timer) {
			wanted = true;
			return;
		}
		timer = setTimeout(() => {
			timer = null;
			if (wanted) {
				wanted = false;
				again();
			}
		}, PAUSE_MS);
		ask();
	};
}
