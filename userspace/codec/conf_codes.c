// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_codes.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A status 300..699, or 3xx..6xx as its first digit; 0: neither. */
static uint16_t code_of(const char *p)
{
	if (p[0] < '3' || p[0] > '6')
		return 0;
	if ((p[1] == 'x' || p[1] == 'X') && p[2] == p[1])
		return (uint16_t)(p[0] - '0');
	if (!is_digit(p[1]) || !is_digit(p[2]))
		return 0;
	return (uint16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0');
}

/* These ask for the same request once more, at the same server. */
static bool is_question(uint16_t code)
{
	return code == 401 || code == 407 || code == 423;
}

const char *conf_codes_parse(struct codes *set, const char *text)
{
	struct codes new = { { 0 } };
	unsigned int n = 0;

	for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
		uint16_t code = code_of(text);

		if (!code)
			return "is no list of 300..699 or 3xx..6xx";
		if (is_question(code))
			return "401, 407 and 423 are answered, they move nothing";
		text += 3;
		if (*text && *text != ' ' && *text != ',')
			return "is no list of 300..699 or 3xx..6xx";
		if (n == CODES_MAX)
			return "has more than 8 codes";
		new.code[n++] = code;
	}
	*set = new;
	return NULL;
}

void conf_codes_print(const struct codes *set, char text[CONF_CODES_TEXT])
{
	unsigned int i;
	size_t n = 0;

	*text = '\0';
	for (i = 0; i < CODES_MAX && set->code[i]; i++)
		n += (size_t)snprintf(text + n, CONF_CODES_TEXT - n,
				      set->code[i] < 10 ? "%s%uxx" : "%s%u",
				      i ? ", " : "", set->code[i]);
}
