// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The messages that the daemon keeps, into a file for Wireshark. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "out.h"
#include "pcapng.h"
#include "rpc.h"

#define MESSAGE_MAX 65536

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many bytes; 0: it is no hexadecimal text, or too long. */
static size_t read_hex(unsigned char *bytes, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text; text += 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || n == size)
			return 0;
		bytes[n++] = (unsigned char)(high << 4 | low);
	}
	return n;
}

/* "192.0.2.1:5060", "[2001:db8::1]:5060"; family NONE: it is no such. */
static struct addr read_addr(const char *text, const char *transport)
{
	enum transport t = !strcmp(transport, "tls") ? TRANSPORT_TLS :
			   !strcmp(transport, "tcp") ? TRANSPORT_TCP :
						       TRANSPORT_UDP;
	const char *colon = strrchr(text, ':');
	struct addr addr = { .family = ADDR_NONE }, none = addr;
	char ip[ADDR_STRLEN];
	uint64_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(ip) ||
	    !parse_number(colon + 1, 0, UINT16_MAX, &port))
		return none;
	memcpy(ip, text, (size_t)(colon - text));
	ip[colon - text] = '\0';
	return addr_parse(&addr, ip, (uint16_t)port, t) ? none : addr;
}

static bool write_one(struct pcapng *p, const json_t *row)
{
	static unsigned char bytes[MESSAGE_MAX];
	const char *transport = out_string(row, "transport");
	struct pcapng_message m = {
		.unix_ns = (uint64_t)json_integer_value(
				json_object_get(row, "unix_ns")),
		.sent = !strcmp(out_string(row, "direction"), "out"),
		.own = read_addr(out_string(row, "own"), transport),
		.peer = read_addr(out_string(row, "peer"), transport),
		.bytes = bytes,
	};

	m.len = read_hex(bytes, sizeof(bytes), out_string(row, "bytes"));
	return !m.len || pcapng_put(p, &m);
}

/* The answers have parts of what there is; exit status. */
static int fetch(struct rpc *r, struct pcapng *p, const char *line, size_t *n)
{
	json_int_t after = 0;
	bool more = true;

	while (more) {
		json_t *params = json_pack("{s:I}", "after", after), *result;
		const json_t *rows, *row;
		size_t i;

		if (line)
			json_object_set_new(params, "line", json_string(line));
		result = rpc_call(r, "messages", params);
		if (!result)
			return r->status;
		rows = json_object_get(result, "messages");
		json_array_foreach(rows, i, row)
			if (!write_one(p, row)) {
				json_decref(result);
				return EX_IOERR;
			}
		*n += json_array_size(rows);
		more = json_is_true(json_object_get(result, "more"));
		after = json_integer_value(json_object_get(result, "last"));
		json_decref(result);
	}
	return 0;
}

/* For the owner alone: it says who called whom. */
static FILE *create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

int capture(const struct options *o, const char *path, const char *line)
{
	bool to_stdout = !strcmp(path, "-");
	struct pcapng p = { .f = NULL };
	struct rpc r;
	size_t n = 0;
	int status;
	FILE *f;

	if (!rpc_open(&r, o->socket)) {
		rpc_close(&r);
		return r.status;
	}
	f = to_stdout ? stdout : create(path);
	if (!f) {
		complain("%s: %s", path, strerror(errno));
		rpc_close(&r);
		return EX_CANTCREAT;
	}
	status = pcapng_begin(&p, f) ? fetch(&r, &p, line, &n) : EX_IOERR;
	pcapng_end(&p);
	if (!to_stdout && fclose(f) && !status)
		status = EX_IOERR;
	if (status == EX_IOERR)
		complain("%s: cannot write", path);
	else if (!status && !to_stdout)
		printf("%s: %zu messages\n", path, n);
	rpc_close(&r);
	return status;
}
