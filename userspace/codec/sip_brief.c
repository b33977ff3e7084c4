// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_brief.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sip_lines.h"

static void copy(char *out, size_t size, const char *buf, struct sip_span s)
{
	size_t n = s.len < size ? s.len : size - 1, i;

	for (i = 0; i < n; i++) {
		char c = buf[s.off + i];

		if (c < 0x20 || c > 0x7e)
			c = '?';
		out[i] = c;
	}
	out[n] = '\0';
}

/* "1 REGISTER" */
static void read_cseq(struct sip_brief *b, const char *buf, struct sip_span s)
{
	char text[64], *end;

	copy(text, sizeof(text), buf, s);
	b->cseq = (uint32_t)strtoul(text, &end, 10);
	while (*end == ' ' || *end == '?')	/* '?': a fold or a tab */
		end++;
	if (b->response) {
		strncpy(b->method, end, sizeof(b->method) - 1);
		b->method[sizeof(b->method) - 1] = '\0';
	}
}

static void read_expires(struct sip_brief *b, const char *buf,
			 struct sip_span s)
{
	char text[16];

	copy(text, sizeof(text), buf, s);
	if (*text && strlen(text) <= 10 && !text[strspn(text, "0123456789")])
		b->expires = strtoll(text, NULL, 10);
}

static void read_branch(struct sip_brief *b, const char *buf,
			struct sip_span via)
{
	struct sip_span first, branch;

	if (sip_value_next(buf, &via, &first) &&
	    sip_param_find(buf, first, "branch", &branch, NULL) == 1)
		copy(b->branch, sizeof(b->branch), buf, branch);
}

bool sip_brief_read(struct sip_brief *b, const char *buf, size_t len)
{
	const struct sip_line *line;
	struct sip_lines lines;
	struct sip_start start;

	memset(b, 0, sizeof(*b));
	b->expires = -1;
	if (sip_lines_scan(&lines, buf, len) != SIP_OK ||
	    sip_start_scan(&start, buf, &lines) != SIP_OK)
		return false;
	b->response = start.response;
	if (start.response) {
		b->status = start.status;
		copy(b->reason, sizeof(b->reason), buf, start.reason);
	} else {
		copy(b->method, sizeof(b->method), buf, start.method);
	}
	line = sip_lines_find(&lines, SIP_HDR_CSEQ, 0);
	if (line)
		read_cseq(b, buf, line->value);
	line = sip_lines_find(&lines, SIP_HDR_EXPIRES, 0);
	if (line)
		read_expires(b, buf, line->value);
	line = sip_lines_find(&lines, SIP_HDR_CALL_ID, 0);
	if (line)
		copy(b->call_id, sizeof(b->call_id), buf, line->value);
	line = sip_lines_find(&lines, SIP_HDR_VIA, 0);
	if (line)
		read_branch(b, buf, line->value);
	return true;
}

/* The length of name, white space and colon at the beginning; 0: another. */
static size_t header_at(const char *buf, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (len < n || strncasecmp(buf, name, n) != 0)
		return 0;
	while (n < len && (buf[n] == ' ' || buf[n] == '\t'))
		n++;
	return n < len && buf[n] == ':' ? n + 1 : 0;
}

/* To the end of the header's value, with its folds. */
static size_t blank_value(char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (buf[i] == '\n' &&
		    (i + 1 == len || (buf[i + 1] != ' ' && buf[i + 1] != '\t')))
			break;
		if (!sip_is_space(buf[i]))
			buf[i] = '*';
	}
	return i;
}

void sip_blank(char *buf, size_t len)
{
	static const char *const name[] = {
		"Authorization", "Proxy-Authorization",
	};
	size_t i = 0, k, n;

	while (i < len) {
		for (k = 0; k < 2; k++) {
			n = header_at(buf + i, len - i, name[k]);
			if (n)
				i += n + blank_value(buf + i + n, len - i - n);
		}
		while (i < len && buf[i] != '\n' && buf[i] != '\r')
			i++;
		i += i < len;
	}
}
