// SPDX-License-Identifier: BSD-2-Clause
#include "login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "body.h"
#include "header.h"
#include "io/clock.h"
#include "say.h"

#define COOKIE "session"
#define DEVICE "device"
#define DEVICE_AGE "31536000"

static const char *cookies(const struct login *login)
{
	return MHD_lookup_connection_value(login->client->connection,
					   MHD_HEADER_KIND, "Cookie");
}

/* A password set by hand ends all sessions, as one set by the page does. */
static bool look_at_password(struct web *w)
{
	struct secret_stamp stamp;
	int ret = secret_stamp(w->o.password_file, &stamp);

	if (memcmp(&stamp, &w->stamp, sizeof(stamp)) != 0) {
		sessions_close_others(&w->sessions, NULL);
		w->stamp = stamp;
	}
	return ret == 0;
}

bool login_begin(struct login *login)
{
	struct web *w = login->client->listener->web;
	uint8_t digest[SECRET_TOKEN];

	login->has_password = look_at_password(w);
	if (!header_cookie(cookies(login), COOKIE, login->token,
			   2 * SECRET_TOKEN))
		return false;
	secret_digest(digest, login->token);
	login->session = sessions_find(&w->sessions, digest, clock_now());
	return login->session != NULL;
}

bool login_csrf(const struct login *login, const char *token)
{
	uint8_t want[SECRET_TOKEN], have[SECRET_TOKEN];

	if (!header_hex(token, have, 2 * SECRET_TOKEN))
		return false;
	secret_csrf(want, login->token);
	return session_equal(want, have, SECRET_TOKEN);
}

enum MHD_Result login_no_password(const struct login *login)
{
	return answer_json(login->client->connection, 503,
			   json_pack("{s:s, s:s}", "error", "no_password",
				     "command", "sipover-web --set-password"),
			   NULL);
}

static enum MHD_Result refuse(const struct login *login, unsigned int status,
			      const char *name)
{
	return answer_json(login->client->connection, status,
			   body_named(name), NULL);
}

static json_t *told(const struct login *login)
{
	char csrf[SECRET_HEX];
	uint8_t bytes[SECRET_TOKEN];

	secret_csrf(bytes, login->token);
	secret_hex(csrf, bytes, sizeof(bytes));
	return json_pack("{s:s, s:I}", "csrf", csrf, "expires_s",
			 (json_int_t)session_left_s(login->session,
						    clock_now()));
}

enum MHD_Result login_tell(const struct login *login)
{
	return answer_json(login->client->connection, 200, told(login), NULL);
}

static const char *secure(const struct login *login)
{
	return login->client->listener->tls ? "; Secure" : "";
}

enum MHD_Result login_out(struct login *login)
{
	char cookie[128];
	const struct answer_field fields[] = {
		{ "Set-Cookie", cookie }, { NULL, NULL }
	};

	session_close(login->session);
	snprintf(cookie, sizeof(cookie),
		 COOKIE "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict%s",
		 secure(login));
	return answer_json(login->client->connection, 200, json_object(),
			   fields);
}

/* A browser with a mark of ours is itself, whatever its address. */
static void who_is(const struct login *login, struct limiter_who *who)
{
	uint8_t mark[SECRET_DEVICE];

	memcpy(who->key, login->client->key, sizeof(who->key));
	who->known = login->client->loopback;
	if (header_cookie(cookies(login), DEVICE, mark, 2 * SECRET_DEVICE) &&
	    secret_device_ours(mark)) {
		memcpy(who->key, mark, sizeof(who->key));
		who->known = true;
	}
}

static enum MHD_Result too_often(const struct login *login, uint32_t wait_s)
{
	char text[16];
	const struct answer_field fields[] = {
		{ "Retry-After", text }, { NULL, NULL }
	};

	snprintf(text, sizeof(text), "%u", wait_s);
	return answer_json(login->client->connection, 429,
			   json_pack("{s:s, s:i}", "error", "rate", "retry_s",
				     (int)wait_s), fields);
}

/* 0: it is the password; -EACCES: not; -ENOENT: none is set. */
static int try_password(struct login *login, const struct limiter_who *who,
			const char *password)
{
	struct web *w = login->client->listener->web;
	char hash[SECRET_HASH];
	int ret = secret_read(w->o.password_file, hash);
	bool good = ret == 0 && secret_is(hash, password);

	secret_wipe(hash, sizeof(hash));
	if (ret) {
		if (ret != -ENOENT)
			say(SAY_ERROR, "password unreadable path=%s: %s",
			    w->o.password_file, strerror(-ret));
		return -ENOENT;
	}
	if (good) {
		limiter_passed(&w->limiter, who);
		return 0;
	}
	limiter_failed(&w->limiter, who, clock_now());
	return -EACCES;
}

static void say_refused(const struct login *login, const char *what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		login->client->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char from[64] = "";

	if (info && info->client_addr)
		listen_text(info->client_addr, from, sizeof(from));
	say(SAY_WARNING, "%s refused from=%s why=password", what, from);
}

static enum MHD_Result open_session(struct login *login)
{
	struct web *w = login->client->listener->web;
	char token[SECRET_HEX], device[2 * SECRET_DEVICE + 1];
	char cookie[192], mark_cookie[192];
	uint8_t digest[SECRET_TOKEN], mark[SECRET_DEVICE];
	const struct answer_field fields[] = {
		{ "Set-Cookie", cookie }, { "Set-Cookie", mark_cookie },
		{ NULL, NULL }
	};

	/* Never one that the browser brought along. */
	if (login->session)
		session_close(login->session);
	secret_random(login->token, sizeof(login->token));
	secret_digest(digest, login->token);
	login->session = sessions_open(&w->sessions, digest, clock_now());
	secret_hex(token, login->token, sizeof(login->token));
	secret_device(mark);
	secret_hex(device, mark, sizeof(mark));
	snprintf(cookie, sizeof(cookie),
		 COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict%s", token,
		 secure(login));
	snprintf(mark_cookie, sizeof(mark_cookie), DEVICE "=%s; Path=/api/"
		 "; Max-Age=" DEVICE_AGE "; HttpOnly; SameSite=Strict%s",
		 device, secure(login));
	say(SAY_INFO, "session opened number=%llu",
	    (unsigned long long)login->session->number);
	return answer_json(login->client->connection, 200, told(login),
			   fields);
}

enum MHD_Result login_in(struct login *login, const char *body, size_t len)
{
	static const char *const names[] = { "password" };
	struct web *w = login->client->listener->web;
	char given[1][BODY_PASSWORD_MAX + 1];
	struct limiter_who who;
	uint32_t wait_s;
	int ret;

	if (!login->has_password)
		return login_no_password(login);
	who_is(login, &who);
	wait_s = limiter_wait_s(&w->limiter, &who, clock_now());
	if (wait_s)
		return too_often(login, wait_s);
	if (!body_strings(body, len, names, given, 1))
		return refuse(login, 400, "body");
	ret = try_password(login, &who, given[0]);
	secret_wipe(given, sizeof(given));
	if (ret == -ENOENT)
		return login_no_password(login);
	if (ret) {
		say_refused(login, "login");
		return refuse(login, 401, "password");
	}
	return open_session(login);
}

/* The other sessions end, this one stays. */
static enum MHD_Result set_password(struct login *login, const char *password)
{
	struct web *w = login->client->listener->web;
	const char *why;
	int ret;

	if (secret_fit(password, &why) != 0)
		return answer_json(login->client->connection, 422,
				   json_pack("{s:s, s:s}", "error", "unfit",
					     "message", why), NULL);
	ret = secret_write(w->o.password_file, password);
	if (ret) {
		say(SAY_ERROR, "password unwritable path=%s: %s",
		    w->o.password_file, strerror(-ret));
		return answer_json(login->client->connection, 507,
				   json_pack("{s:s, s:s}", "error", "store",
					     "message", strerror(-ret)), NULL);
	}
	sessions_close_others(&w->sessions, login->session);
	(void)secret_stamp(w->o.password_file, &w->stamp);
	say(SAY_INFO, "password changed by=page");
	return login_tell(login);
}

enum MHD_Result login_change(struct login *login, const char *body, size_t len)
{
	static const char *const names[] = { "old", "new" };
	struct web *w = login->client->listener->web;
	char given[2][BODY_PASSWORD_MAX + 1];
	enum MHD_Result answer;
	struct limiter_who who;
	uint32_t wait_s;
	int ret;

	/* Who found a session open guesses no faster than anybody. */
	who_is(login, &who);
	wait_s = limiter_wait_s(&w->limiter, &who, clock_now());
	if (wait_s)
		return too_often(login, wait_s);
	if (!body_strings(body, len, names, given, 2))
		return refuse(login, 400, "body");
	ret = try_password(login, &who, given[0]);
	if (ret == -ENOENT) {
		answer = login_no_password(login);
	} else if (ret) {
		say_refused(login, "password change");
		answer = refuse(login, 401, "password");
	} else {
		answer = set_password(login, given[1]);
	}
	secret_wipe(given, sizeof(given));
	return answer;
}
