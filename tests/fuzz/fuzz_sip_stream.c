/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP stream of SIP messages: however it is cut into segments, the same
 * messages come out and the same error ends it; and each message ends where
 * its own prescan says.
 */
#include "fuzz.h"

#include "codec/sip_parse.h"
#include "codec/sip_prescan.h"

#define MESSAGES_MAX 4096

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* NOLINTNEXTLINE(readability-non-const-parameter): the library's prototype */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sip_parse_init();
}

struct span {
	size_t off, len;
};

/* What came out of a stream. */
struct result {
	size_t n;		/* messages */
	size_t end;		/* all that was taken */
	bool failed;
	struct span message[MESSAGES_MAX];
};

/* How the bytes come: step 0 all at once, else that many, or up to 64 by
 * chance. */
static size_t segment(size_t step, size_t left, uint32_t *chance)
{
	size_t n = step;

	if (!step)
		return left;
	if (step > 64) {
		*chance = *chance * 1664525u + 1013904223u;
		n = 1 + (*chance >> 26);
	}
	return n < left ? n : left;
}

/* As io/tcp.c does it, with a buffer of exactly what has come. */
static void run(struct result *r, const uint8_t *data, size_t size, size_t step,
		uint32_t chance)
{
	size_t have = 0;

	memset(r, 0, offsetof(struct result, message));
	while (!r->failed && have < size) {
		have += segment(step, size - have, &chance);
		while (r->end < have) {
			size_t len = have - r->end;
			char *buf = exact_copy(data + r->end, len);
			int n = sip_frame(buf, len);
			bool blank = *buf == '\r' || *buf == '\n';

			free(buf);
			if (n < 0)
				r->failed = true;
			if (n <= 0)
				break;
			must((size_t)n <= len);
			if (!blank && r->n < MESSAGES_MAX)
				r->message[r->n++] = (struct span){
					r->end, (size_t)n };
			r->end += (size_t)n;
		}
	}
}

static void check_message(const uint8_t *data, struct span at)
{
	char *buf = exact_copy(data + at.off, at.len);
	static struct sipmsg m;
	struct sip_lines l, again;
	uint32_t length, body;
	struct sip_start s;

	must(sip_lines_scan(&l, buf, at.len) == SIP_OK);
	must(sip_content_length(&l, buf, &length) == 1);
	must(l.head + (size_t)length == at.len);
	if (sip_prescan(buf, at.len, &again, &s, &body) == SIP_OK)
		must(again.head == l.head && body == length);
	if (sip_parse(buf, at.len, &m) == SIP_OK)
		must(m.body_off + m.body_len == at.len);
	free(buf);
}

/* Behind the keep-alives: "CRLF CR" is waited on or half taken, as it comes
 * (RFC 5626 4.4.1: one CRLF is an answer, two are a question). */
static size_t end_of(const struct result *r, const uint8_t *data, size_t size)
{
	size_t end = r->end;

	while (end < size && (data[end] == '\r' || data[end] == '\n'))
		end++;
	return end;
}

static void same(const struct result *a, const struct result *b,
		 const uint8_t *data, size_t size)
{
	must(a->failed == b->failed);
	must(a->n == b->n);
	must(end_of(a, data, size) == end_of(b, data, size));
	must(memcmp(a->message, b->message, a->n * sizeof(*a->message)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, cut;
	uint32_t chance = hash_of(data, size);
	size_t i;

	run(&whole, data, size, 0, 0);
	for (i = 0; i < whole.n; i++)
		check_message(data, whole.message[i]);
	run(&cut, data, size, 65, chance);
	same(&whole, &cut, data, size);
	if (size <= 512) {
		run(&cut, data, size, 1, 0);
		same(&whole, &cut, data, size);
	}
	return 0;
}
