/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet that an ICMP error quotes, as the module and the daemon parse it,
 * and what the two make of the error.
 *
 * Input: a byte (bit 0 family, bit 1 from the IP header on, the rest: how much
 * of the message was not captured), then the bytes.
 */
#include "fuzz.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "../../kmod/classify.h"
#include "../../kmod/parse.h"
#include "codec/sip_parse.h"
#include "core/verdict.h"

static enum sipover_parse parse(struct sipover_quote *q, bool packet,
				uint8_t family, const uint8_t *data,
				uint32_t have, uint32_t total)
{
	uint8_t *buf = exact_copy(data, have);
	enum sipover_parse r;

	r = packet ? sipover_parse_packet(q, family, buf, have, total) :
		     sipover_parse_icmp(q, family, buf, have, total);
	free(buf);
	return r;
}

static void check_quote(const struct sipover_quote *q, uint8_t family,
			const uint8_t *data, uint32_t have, uint32_t total)
{
	static const uint8_t zero[12];
	uint32_t ports = q->payload_off - 8;
	uint16_t len;

	must(q->family == family);
	must(q->proto == IPPROTO_UDP || q->proto == IPPROTO_TCP);
	must(q->payload_off >= 8 && q->payload_off <= have);
	must(memcmp(&q->sport, data + ports, 2) == 0);
	must(memcmp(&q->dport, data + ports + 2, 2) == 0);
	must(q->payload_len <= total - q->payload_off);
	if (family == AF_INET) {
		must(memcmp(q->src + 4, zero, 12) == 0);
		must(memcmp(q->dst + 4, zero, 12) == 0);
	} else {
		must(q->ip_id == 0);
	}
	if (q->proto == IPPROTO_TCP) {
		must(!q->udp_len && !q->udp_csum && !q->payload_len);
		return;
	}
	len = (uint16_t)(data[ports + 4] << 8 | data[ports + 5]);
	must(q->udp_len == len && len >= 8);
	must(q->tcp_seq == 0);
	must(q->payload_len <= (uint32_t)len - 8);
}

/* What the daemon does with the quoted bytes that were captured. */
static void check_branch(const struct sipover_quote *q, const uint8_t *data,
			 uint32_t have)
{
	uint32_t n = have - q->payload_off, i;
	char branch[40];
	uint8_t *quote;
	size_t len;

	if (n > q->payload_len)
		n = q->payload_len;
	quote = exact_copy(data + q->payload_off, n);
	len = sip_quoted_branch(quote, n, branch, sizeof(branch));
	must(len < sizeof(branch));
	if (len) {
		must(strlen(branch) == len && len < n);
		for (i = 0; i < len; i++)
			must((unsigned char)branch[i] > ' ');
	}
	free(quote);
}

static void check_verdict(uint8_t family, uint8_t type, uint8_t code,
			  enum sipover_parse r)
{
	enum sipover_cause cause = sipover_classify_icmp(family, type, code);
	struct verdict_in in = { .cause = (uint8_t)cause };
	enum sipover_effect effect = sipover_cause_effect(cause);
	unsigned int i;

	must(cause <= SIPOVER_CAUSE_MAX);
	must(strcmp(cause_name(in.cause), "unknown") != 0);
	/* What has a meaning is an error that quotes. */
	if (r == SIPOVER_PARSE_NOT_ERROR) {
		must(cause == SIPOVER_CAUSE_UNSPEC);
		return;
	}
	must(effect != SIPOVER_EFFECT_RECOVERY);
	for (i = 0; i < 3 * 8 * 16; i++) {
		struct verdict v;

		in.context = (uint8_t)(i % 3);
		in.grade = (uint8_t)(i / 3 % 8);
		in.offender_is_server = i / 24 & 1;
		in.last = i / 48 & 1;
		in.can_remedy = i / 96 & 1;
		in.by_gateway = i / 192 & 1;
		v = verdict_of(&in);
		must(v.txn <= VERDICT_LOCAL && v.health < VERDICT_ALIVE);
		/* ICMP is never proof: not tied to a datagram, nothing, or a
		 * question at most. */
		if (in.grade != SIPOVER_GRADE_STRONG &&
		    in.grade != SIPOVER_GRADE_LOCAL)
			must(v.txn == VERDICT_CONTINUE &&
			     (v.health == VERDICT_NONE ||
			      (v.health == VERDICT_RECONNECT &&
			       in.grade == SIPOVER_GRADE_MEDIUM)));
		if (v.health == VERDICT_DOWN)
			must(v.txn == VERDICT_FAIL &&
			     effect == SIPOVER_EFFECT_FAILURE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sipover_quote q, again;
	uint32_t have, total, more, k;
	enum sipover_parse r;
	uint8_t family;
	bool packet;

	if (!size)
		return 0;
	family = data[0] & 1 ? AF_INET6 : AF_INET;
	packet = data[0] & 2;
	more = (data[0] >> 2) * 24u;
	data++;
	have = (uint32_t)size - 1;
	if (have > SIPOVER_PARSE_MAX)
		have = SIPOVER_PARSE_MAX;
	total = (uint32_t)size - 1 + more;

	r = parse(&q, packet, family, data, have, total);
	must(r <= SIPOVER_PARSE_OTHER);
	if (!packet && have >= 2)
		check_verdict(family, data[0], data[1], r);
	if (!packet && r == SIPOVER_PARSE_OK)
		must(q.icmp_type == data[0] && q.icmp_code == data[1]);
	if (r == SIPOVER_PARSE_OK) {
		check_quote(&q, family, data, have, total);
		check_branch(&q, data, have);
	}
	/* Of less that was captured: the same, or that it is too short. */
	for (k = have; k > 0 && k + 48 > have; k--) {
		enum sipover_parse s = parse(&again, packet, family, data,
					     k - 1, total);

		must(s == SIPOVER_PARSE_SHORT || s == r);
		if (s != SIPOVER_PARSE_OK)
			continue;
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		must(memcmp(&q, &again, sizeof(q)) == 0);
	}
	/* That more was captured than there is, is a mistake of the caller. */
	if (have > 8)
		must(parse(&again, packet, family, data, have, have - 1) !=
		     SIPOVER_PARSE_OK);
	return 0;
}
