// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * codec/ without memory.  jansson and OpenSSL are told to use our malloc(), too;
 * libosip2 keeps its own: it leaks when it has no memory.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "codec/conf.h"
#include "codec/ctl.h"
#include "codec/ctl_pieces.h"
#include "codec/digest.h"
#include "codec/sip_parse.h"
#include "no_memory.h"

static void *ssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *ssl_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, size);
}

static void ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* ---- configuration ---- */

static enum outcome loaded(const char *path, const char *text)
{
	enum outcome o = GOOD;
	char err[1024] = "";
	struct conf c;
	int ret = conf_load(&c, path, text, err, sizeof(err));

	if (ret)
		o = ret == -ENOMEM && strstr(err, "memory") && !c.line ?
		    FAILED : WRONG;
	else if (c.n_lines != 2 || *err)
		o = WRONG;
	conf_free(&c);
	return o;
}

static enum outcome conf_of_text(void)
{
	return loaded("f", "t1 = 600\n"
		      "line a { user = u server { address = 192.0.2.1 transport = tls tls_name = a.b } }\n"
		      "line b { user = u server { address = 192.0.2.1 }\n"
		      "server { address = 192.0.2.2 } }\n");
}

static enum outcome conf_of_file(void)
{
	struct conf c;
	char err[1024] = "";
	int ret = conf_load(&c, "docs/sipoverd.conf.example", NULL, err,
			    sizeof(err));

	conf_free(&c);
	if (!ret)
		return GOOD;
	return ret == -ENOMEM && *err ? FAILED : WRONG;
}

/* ---- control ---- */

static enum outcome request(void)
{
	static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":\"x\","
		"\"method\":\"answer\",\"params\":{\"call\":3,\"sdp\":\"v=0\"}}";
	struct ctl_request r;
	const char *message;
	enum outcome o;
	int ret = ctl_parse(&r, text, strlen(text), &message);

	if (ret)
		o = *message ? FAILED : WRONG;
	else
		o = r.call == 3 && r.sdp && !strcmp(r.sdp, "v=0") && r.id ?
		    GOOD : WRONG;
	ctl_request_free(&r);
	return o;
}

static enum outcome is_line(char *line, const char *want)
{
	enum outcome o = FAILED;

	if (line) {
		o = strcmp(line, want) == 0 ? GOOD : WRONG;
		if (o == WRONG)
			printf("# got %s", line);
	}
	free(line);
	return o;
}

static enum outcome result(void)
{
	return is_line(ctl_result(NULL, json_pack("{s:i}", "a", 1)),
		       "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{\"a\":1}}\n");
}

static enum outcome refusal(void)
{
	return is_line(ctl_error(NULL, CTL_E_STATE, "not now"),
		       "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
		       "{\"code\":-32002,\"message\":\"not now\"}}\n");
}

static enum outcome notification(void)
{
	json_t *params = json_object();

	return params ? is_line(ctl_notify("health", params),
				"{\"jsonrpc\":\"2.0\",\"method\":\"health\","
				"\"params\":{}}\n") : FAILED;
}

static enum outcome a_call(void)
{
	return is_line(ctl_call(7, "status", NULL),
		       "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"status\"}\n");
}

static enum outcome long_answer(void)
{
	json_t *id = json_integer(3);
	struct ctl_pieces p;
	enum outcome o;
	unsigned int i;

	if (!id)
		return FAILED;
	ctl_pieces_begin(&p, id, json_pack("{s:i}", "a", 1));
	o = is_line(ctl_pieces_take(&p),
		    "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"a\":1");
	if (o == GOOD)
		o = is_line(ctl_pieces_take(&p), "");
	ctl_pieces_list(&p, "l");
	for (i = 0; i < 2; i++)
		ctl_pieces_item(&p, json_pack("{s:i}", "i", (int)i));
	ctl_pieces_list(&p, "m");
	ctl_pieces_member(&p, "t", json_true());
	ctl_pieces_end(&p);
	if (o == GOOD)
		o = is_line(ctl_pieces_take(&p),
			    ",\"l\":[{\"i\":0},{\"i\":1}],\"m\":[],\"t\":true}}\n");
	ctl_pieces_free(&p);
	json_decref(id);
	return o;
}

static enum outcome foreign_text(void)
{
	json_t *t = ctl_text("caf\xe9");
	enum outcome o = FAILED;

	if (t)
		o = strcmp(json_string_value(t), "caf?") == 0 ? GOOD : WRONG;
	json_decref(t);
	return o;
}

/* ---- SIP ---- */

static enum outcome message(void)
{
	static const char text[] = "INVITE sip:bob@192.0.2.9 SIP/2.0\r\n"
		"v: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx1;rport\r\n"
		"From: \"A; <b>\" <sip:alice@example.com>;tag=f1\r\n"
		"To: <sip:bob@example.com>\r\nCall-ID: c1@192.0.2.1\r\n"
		"CSeq: 7 INVITE\r\nContact: <sip:alice@192.0.2.1>, <sip:x@y>\r\n"
		"Record-Route: <sip:p;lr>\r\nContent-Type: application/sdp\r\n"
		"Content-Length: 3\r\n\r\nv=0";
	struct sipmsg m;

	if (sip_parse(text, sizeof(text) - 1, &m) != SIP_OK)
		return FAILED;
	return m.cseq == 7 && m.body_len == 3 && m.n_contacts == 2 &&
	       !strcmp(m.branch, "z9hG4bKx1") && !strcmp(m.from_tag, "f1") ?
	       GOOD : WRONG;
}

static enum outcome credentials(void)
{
	const struct digest_credentials cred = { "Mufasa", "Circle of Life" };
	struct digest_state d = { .valid = true };
	char text[1024];
	int n;

	strcpy(d.challenge.realm, "http-auth@example.org");
	strcpy(d.challenge.nonce, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v");
	d.challenge.algorithm = DIGEST_SHA256;
	d.challenge.qop_auth = true;
	digest_end();
	n = digest_answer(&d, text, sizeof(text), &cred, "GET",
			  "/dir/index.html",
			  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
	if (n < 0)
		return n == -ENOMEM || n == -ENOTSUP ? FAILED : WRONG;
	/* RFC 7616 3.9.1 */
	return strstr(text, "753927fa0e85d155564e2e272a28d1802ca10daf449679469"
		      "7cf8db5856cb6c1") ? GOOD : WRONG;
}

int main(void)
{
	ok(CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free),
	   "OpenSSL asks us");
	json_set_alloc_funcs(malloc, free);
	ok(!sip_parse_init(), "the parser starts");

	without(conf_of_text, "configuration");
	without(conf_of_file, "configuration file");
	without(request, "control request");
	without(result, "result");
	without(refusal, "refusal");
	without(notification, "notification");
	without(a_call, "call");
	without(long_answer, "a long answer");
	without(foreign_text, "text that is not UTF-8");
	without(message, "SIP message");
	without(credentials, "credentials");
	digest_end();
	return tap_done();
}
