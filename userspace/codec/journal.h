/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message to the journal in its native protocol: FIELD=value lines in a
 * datagram (docs/logging.md).  No value of ours has a line break, so none needs
 * the protocol's binary form.
 */
#ifndef SIPOVER_CODEC_JOURNAL_H
#define SIPOVER_CODEC_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

/* What a message is about beside its text; NULL: nothing of the kind. */
struct journal_about {
	const char *event;	/* a type of docs/control.md: "failover" */
	const char *line, *server, *cause;
};

/* The datagram's length, 0: it has no room.  about: NULL, nothing. */
size_t journal_encode(char *buf, size_t size, int priority, uint64_t boot_us,
		      const struct journal_about *about, const char *message);

/* The MESSAGE_ID of an event; NULL: it has none. */
const char *journal_message_id(const char *event);

#endif /* SIPOVER_CODEC_JOURNAL_H */
