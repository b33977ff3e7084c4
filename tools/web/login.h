/* SPDX-License-Identifier: BSD-2-Clause */
/* Password, cookies and CSRF token: who a request is from. */
#ifndef SIPOVER_WEB_LOGIN_H
#define SIPOVER_WEB_LOGIN_H

#include "web.h"

struct login {
	struct client *client;
	struct session *session;	/* NULL: not logged in */
	uint8_t token[SECRET_TOKEN];	/* of the session */
	bool has_password;		/* one is set */
};

/* From the request's cookies; whether somebody is logged in. */
bool login_begin(struct login *login);
bool login_csrf(const struct login *login, const char *token);

/* The answers to /api/login, session, logout and password. */
enum MHD_Result login_in(struct login *login, const char *body, size_t len);
enum MHD_Result login_tell(const struct login *login);
enum MHD_Result login_out(struct login *login);
enum MHD_Result login_change(struct login *login, const char *body,
			     size_t len);
enum MHD_Result login_no_password(const struct login *login);

#endif /* SIPOVER_WEB_LOGIN_H */
