/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nua_peer LOCAL PORT URI: the best peer, a user agent on sofia-sip's nua as its
 * documentation has it, in one thread, without its media layer.  A line on its
 * input: it calls URI, whose servers it finds by DNS SRV.  "done STATUS" on its
 * output: the call has failed, as it shall.
 *
 * In its favour: no server is grey-listed (or the second call would go to B at
 * once and there would be nothing to measure), what DNS said stays cached, and it logs nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUA_MAGIC_T struct peer
#define SU_ROOT_MAGIC_T struct peer

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_wait.h>

#include "offer.h"

struct peer {
	su_root_t *root;
	nua_t *nua;
	const char *uri;
};

static void on_event(nua_event_t event, int status, char const *phrase,
		     nua_t *nua, struct peer *p, nua_handle_t *nh,
		     nua_hmagic_t *magic, sip_t const *sip, tagi_t tags[])
{
	(void)phrase;
	(void)nua;
	(void)magic;
	(void)sip;
	(void)tags;
	if (event == nua_r_invite && status >= 200) {
		printf("done %d\n", status);
		fflush(stdout);
		nua_handle_destroy(nh);
	} else if (event == nua_r_shutdown && status >= 200) {
		su_root_break(p->root);
	}
}

static int on_input(struct peer *p, su_wait_t *w, su_wakeup_arg_t *arg)
{
	nua_handle_t *nh;
	char line[64];

	(void)w;
	(void)arg;
	if (read(0, line, sizeof(line)) <= 0) {
		nua_shutdown(p->nua);
		return 0;
	}
	nh = nua_handle(p->nua, NULL, NUTAG_URL(p->uri),
			SIPTAG_TO_STR(p->uri), TAG_END());
	nua_invite(nh, SIPTAG_CONTENT_TYPE_STR("application/sdp"),
		   SIPTAG_PAYLOAD_STR(OFFER), TAG_END());
	return 0;
}

int main(int argc, char **argv)
{
	static struct peer p;
	char own[128];
	su_wait_t input;

	if (argc != 4) {
		fputs("usage: nua_peer LOCAL PORT URI\n", stderr);
		return 64;
	}
	p.uri = argv[3];
	snprintf(own, sizeof(own), "sip:%s:%s;transport=udp", argv[1], argv[2]);
	setenv("SOFIA_DEBUG", "0", 1);
	su_init();
	p.root = su_root_create(&p);
	if (!p.root)
		return 1;
	su_root_threading(p.root, false);
	p.nua = nua_create(p.root, on_event, &p, NUTAG_URL(own),
			   NUTAG_MEDIA_ENABLE(0), NTATAG_GRAYLIST(0),
			   SIPTAG_FROM_STR("<sip:peer@bench.test>"), TAG_END());
	if (!p.nua || su_wait_create(&input, 0, SU_WAIT_IN) ||
	    su_root_register(p.root, &input, on_input, NULL, 0) < 0) {
		fputs("nua_peer: cannot start\n", stderr);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	su_root_run(p.root);
	nua_destroy(p.nua);
	su_root_destroy(p.root);
	su_deinit();
	return 0;
}
