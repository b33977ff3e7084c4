// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the users at both ends do beside what plan.c draws: hold and resume, by
 * either side and also by UPDATE, several calls of one line at once, calls that
 * come in by any server that still has a binding.  For some seeds only and from
 * a stream of its own, so that the courses of the others stay as they are.
 */
#include "sim.h"

static struct rng stream;

static uint32_t draw(uint32_t below)
{
	return below ? rng_below(&stream, below) : 0;
}

bool deeds_wanted(void)
{
	uint32_t r = W.seed % 11;

	return r == 1 || r == 3 || r == 5 || r == 10;
}

unsigned int deeds_calls_max(void)
{
	return 1 + W.seed / 11 % FO_CALLS_MAX;
}

/* By every server of the line that has a binding: the one it works with, its
 * standby, the one it left. */
static void called_everywhere(uint32_t l)
{
	const struct line *line = &W.agent->line[l];

	for (uint32_t k = 0; k < line->n_servers; k++)
		W.counts->called +=
			farend_call(line_server(l, k), line->conf->user,
				    draw(2) ? (int)draw(20000) : -1);
}

static void deed(struct event *e)
{
	uint32_t l = (uint32_t)e->a;

	if (W.lifted || !W.agent)
		return;
	switch (e->b >> 8) {
	case 0:
		for (uint32_t n = 2 + (e->b & 3); n; n--)
			user_dial(l, draw(3) ? -1 : (int)draw(9000),
				  (int)draw(90000));
		break;
	case 1:
	case 2:
		user_hold(draw(16), e->b & 1);
		break;
	case 3:
	case 4:
	case 5:
		farend_modify(draw(16), e->b & 1, draw(4));
		break;
	case 6:
		called_everywhere(l);
		break;
	}
}

void deeds_befall(uint64_t end)
{
	uint32_t n, l;

	if (!deeds_wanted())
		return;
	stream.state = ~W.seed * 0x9e3779b97f4a7c15ull;
	rng_next(&stream);
	for (n = 6 + draw(30); n; n--) {
		uint64_t at = rng_next(&stream) % end;
		uint64_t what = draw(7) << 8;

		l = draw(W.conf.n_lines);
		/* One thing leads to another. */
		for (uint32_t k = 1 + draw(4); k; k--) {
			after_ns(at, deed, NULL, l, what | draw(256));
			at += rng_next(&stream) % (8 * SEC);
			what = draw(7) << 8;
		}
	}
}
