// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "measures.h"

static const enum course_what until[MEASURES_TIMES] = {
	[MEASURES_DETECTED] = COURSE_VERDICT,
	[MEASURES_ASKED] = COURSE_SENT,
	[MEASURES_MOVED] = COURSE_MOVED,
};

void measures_course(struct measures *m, const struct course *c)
{
	const struct course_step *why = course_find(c, COURSE_VERDICT);
	unsigned int i;
	uint64_t us;

	if (!why || why->source >= COURSE_SOURCES)
		return;
	for (i = 0; i < MEASURES_TIMES; i++)
		if (course_time(c, until[i], &us))
			histogram_add(&m->took[i][why->source], us);
}

void measures_evidence(struct measures *m, uint8_t cause, uint64_t count)
{
	if (cause < MEASURES_CAUSES)
		m->evidence[cause] += count;
}

static enum measures_end end_of(uint8_t outcome)
{
	switch ((enum fo_outcome)outcome) {
	case FO_REJECTED:
		return MEASURES_REJECTED;
	case FO_UNAVAILABLE:
		return MEASURES_UNAVAILABLE;
	case FO_TIMEOUT:
		return MEASURES_TIMEOUT;
	case FO_TRANSPORT:
		return MEASURES_TRANSPORT;
	case FO_OK:
		break;
	}
	return MEASURES_CANCELLED;
}

void measures_call(struct measures *m, bool outgoing, bool was_up, bool failed,
		   uint8_t outcome)
{
	enum measures_end end = was_up ? MEASURES_ANSWERED :
				failed ? end_of(outcome) : MEASURES_CANCELLED;

	m->ended[outgoing][end]++;
}

const char *measures_end_name(uint8_t end)
{
	switch ((enum measures_end)end) {
	case MEASURES_ANSWERED:
		return "answered";
	case MEASURES_REJECTED:
		return "rejected";
	case MEASURES_UNAVAILABLE:
		return "unavailable";
	case MEASURES_TIMEOUT:
		return "timeout";
	case MEASURES_TRANSPORT:
		return "transport";
	case MEASURES_CANCELLED:
		return "cancelled";
	case MEASURES_ENDS:
		break;
	}
	return "";
}
