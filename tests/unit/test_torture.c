/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The torture messages of RFC 4475 and RFC 5118: what the parser makes of each,
 * and what the phone answers when its own server sends it.  The agent's real
 * receiving side runs, with a socket that keeps what is sent.
 *
 *   test_torture --dump DIRECTORY    writes them, one file each (for fuzzing)
 */
#include <stdlib.h>
#include <string.h>

#include "agent.h"

/* The last response sent. */
static char sent[SIPMSG_RAW_MAX];
static size_t sent_len;

static int keep(struct udp *u, const struct addr *to, const void *buf,
		size_t len)
{
	(void)u;
	(void)to;
	memcpy(sent, buf, len);
	sent_len = len;
	return 0;
}

#define udp_send keep
#include "../../userspace/agent_receive.c"
#undef udp_send

#include "io/log.h"
#include "tap.h"
#include "torture_4475.h"
#include "torture_5118.h"

static struct agent agent;
static struct conf conf;
static struct conf_line line_conf;

static const struct addr server = {
	ADDR_V4, TRANSPORT_UDP, 5060, { 192, 0, 2, 1 },
};

/* One line with one server; nothing is opened. */
static void phone_new(const char *user)
{
	struct fo_cfg cfg = { .n_servers = 1 };
	static uint32_t lines[1];

	memset(&agent, 0, sizeof(agent));
	snprintf(line_conf.user, sizeof(line_conf.user), "%s", user);
	strcpy(line_conf.name, "one");
	line_conf.n_servers = 1;
	line_conf.calls_max = FO_CALLS_MAX;
	line_conf.server[0].addr = server;
	conf = (struct conf){ .t1_ms = 500, .t2_ms = 4000, .t4_ms = 5000,
			      .n_lines = 1, .line = &line_conf };
	agent.conf = &conf;
	agent.now.ns = 1000000000;
	agent.n_servers = 1;
	agent.server = calloc(1, sizeof(*agent.server));
	agent.server[0].addr = agent.server[0].local = server;
	agent.server[0].line = lines;
	agent.server[0].n_lines = 1;
	agent.server[0].requests = agent.server[0].probe = AGENT_NONE;
	agent.line = calloc(1, sizeof(*agent.line));
	agent.line[0].conf = &line_conf;
	agent.line[0].begun = true;
	agent.line[0].n_servers = 1;
	memset(agent.line[0].call, 0xff, sizeof(agent.line[0].call));
	fo_init(&agent.line[0].fo, &cfg, 1);
	agent.work_size = 64;
	agent.work = calloc(agent.work_size, sizeof(*agent.work));
	timerq_init(&agent.timers, calloc(512, sizeof(struct timerq_entry)),
		    calloc(512, sizeof(uint32_t)), 512);
	lookup_init(&agent.requests_by_branch,
		    calloc(256, sizeof(struct lookup_cell)), 256, 1);
	lookup_init(&agent.replies_by_key,
		    calloc(512, sizeof(struct lookup_cell)), 512, 2);
	agent.servers_max = 1;
	if (find_servers_open(&agent) || find_lines_open(&agent))
		abort();
	agent.next_call_number = 1;
}

static void phone_free(void)
{
	unsigned int i;

	for (i = 0; i < AGENT_REPLIES_MAX; i++) {
		free(agent.reply[i].request);
		free(agent.reply[i].buf);
	}
	for (i = 0; i < AGENT_CALLS_MAX; i++) {
		free(agent.call[i].sdp);
		free(agent.call[i].ack);
		free(agent.call[i].credentials);
	}
	free(agent.server);
	free(agent.line);
	free(agent.work);
	free(agent.timers.heap);
	free(agent.timers.pos);
	find_close(&agent);
	free(agent.requests_by_branch.cell);
	free(agent.replies_by_key.cell);
}

static unsigned int status_sent(void)
{
	return sent_len > 12 ? (unsigned int)strtoul(sent + 8, NULL, 10) : 0;
}

static void check_parsed(const struct torture *t, const struct sipmsg *m)
{
	unsigned int i;

	for (i = 0; i < TORTURE_TEXTS && t->texts[i].text; i++)
		is_str((const char *)m + t->texts[i].off, t->texts[i].text,
		       "%s: what is read, %u", t->name, i + 1);
	if (t->cseq)
		is_int(m->cseq, t->cseq, "%s: CSeq", t->name);
	if (t->contacts)
		is_int(m->n_contacts, t->contacts, "%s: Contacts", t->name);
	if (t->routes)
		is_int(m->n_routes, t->routes, "%s: Record-Routes", t->name);
	if (t->body)
		is_int(m->body_len, t->body, "%s: body", t->name);
}

/* The user that the message calls is the line's. */
static void user_of(const struct torture *t, char *user, size_t size)
{
	const char *at = strstr(t->message, " sip:");
	size_t n = at ? strcspn(at + 5, "@;>\r") : 0;

	if (!n || n >= size || at[5 + n] != '@') {
		snprintf(user, size, "torture");
		return;
	}
	memcpy(user, at + 5, n);
	user[n] = '\0';
}

static void check(const struct torture *t, const char *rfc)
{
	size_t len = strlen(t->message);
	char *copy = malloc(len), user[CONF_NAME_MAX];
	enum sip_parse_result r;
	static struct sipmsg m;

	memcpy(copy, t->message, len);
	r = sip_parse(copy, len, &m);
	if (!ok(r == t->parsed, "%s %s %s: %s", rfc, t->section, t->name,
		sip_parse_result_name(t->parsed)))
		printf("# got %s\n", sip_parse_result_name(r));
	if (r == SIP_OK)
		check_parsed(t, &m);
	user_of(t, user, sizeof(user));
	phone_new(user);
	sent_len = 0;
	receive_message(&agent, &server, 0, copy, len);
	is_int(status_sent(), t->answer, "%s: is answered %u%s%s", t->name,
	       t->answer, t->deviates ? "; deviates: " : "",
	       t->deviates ? t->deviates : "");
	if (t->answer == 420)
		ok(memmem(sent, sent_len, "\r\nUnsupported: ", 15) != NULL,
		   "%s: with Unsupported", t->name);
	/* Of what is malformed a response may keep the malformed part. */
	if (sent_len && r == SIP_OK)
		is_int(sip_parse(sent, sent_len, &m), SIP_OK,
		       "%s: by a response that can be read", t->name);
	phone_free();
	free(copy);
}

static void dump(const struct torture *t, const char *directory, size_t n)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%zu", directory, t->name, n);
	f = fopen(path, "w");
	if (!f)
		return;
	fwrite(t->message, 1, strlen(t->message), f);
	fclose(f);
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 3 && i < COUNT(torture_4475); i++)
		dump(&torture_4475[i], argv[2], i);
	for (i = 0; argc == 3 && i < COUNT(torture_5118); i++)
		dump(&torture_5118[i], argv[2], i);
	if (argc == 3)
		return 0;
	sip_parse_init();
	for (i = 0; i < COUNT(torture_4475); i++)
		check(&torture_4475[i], "RFC 4475");
	for (i = 0; i < COUNT(torture_5118); i++)
		check(&torture_5118[i], "RFC 5118");
	return tap_done();
}
