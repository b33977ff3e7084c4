// SPDX-License-Identifier: BSD-2-Clause
/* golden/NAME.txt: what a ladder was when it was last looked at. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# SPDX-License-Identifier: BSD-2-Clause\n"

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!f)
		return NULL;
	n = getdelim(&text, &size, '\0', f);
	fclose(f);
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The first line that is another, with the line number. */
static void first_difference(const char *want, const char *got)
{
	unsigned int line = 1;

	while (*want && *got) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(want, got, w) != 0)
			break;
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
		line++;
	}
	printf("# line %u: expected: %.*s\n# line %u: got:      %.*s\n", line,
	       (int)strcspn(want, "\n"), want, line, (int)strcspn(got, "\n"),
	       got);
}

bool golden_compare(const char *name, const char *dir, bool update)
{
	const char *body;
	char path[256], *want;
	bool same;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	if (update) {
		f = fopen(path, "w");
		if (!f || fputs(HEAD, f) < 0 || fputs(trace_text(), f) < 0 ||
		    fclose(f)) {
			perror(path);
			return false;
		}
		return true;
	}
	want = slurp(path);
	body = want && strncmp(want, HEAD, strlen(HEAD)) == 0 ?
	       want + strlen(HEAD) : "";
	same = strcmp(body, trace_text()) == 0;
	if (!same)
		first_difference(body, trace_text());
	free(want);
	return same;
}
