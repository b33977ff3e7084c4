/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket's language: JSON-RPC 2.0, one object a line, by jansson.
 * docs/control.md lists the methods.  Used by the daemon and by sipoverctl.
 */
#ifndef SIPOVER_CODEC_CTL_H
#define SIPOVER_CODEC_CTL_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "../core/mwi.h"

#define CTL_LINE_MAX 65536
#define CTL_TRACE_MAX 500	/* rows of one answer */
#define CTL_FAILOVERS_MAX 32	/* that the daemon remembers */

/* Another one where something that was there means something else or is gone;
 * what is added does not change it (docs/control.md). */
#define CTL_PROTOCOL 1

enum ctl_method {
	CTL_HELLO,		/* {} -> protocol, version, methods */
	CTL_STATUS,		/* {} -> lines, servers, calls, module */
	CTL_CALL,		/* {line, uri, [sdp]} -> {call} */
	CTL_ANSWER,		/* {call, [sdp]} */
	CTL_HANGUP,		/* {call} */
	CTL_HOLD,		/* {call} */
	CTL_RESUME,		/* {call} */
	CTL_REGISTER,		/* {line} */
	CTL_STATS,		/* {} -> counters */
	CTL_TRACE,		/* {[line], [messages]} -> rows */
	CTL_CONFIG,		/* {[line]} -> revision, keys, lines */
	CTL_CONFIG_APPLY,	/* params: codec/conf_json_apply.h */
	CTL_RELOAD,		/* {} -> changed, added, removed, restart */
	CTL_FAILOVERS,		/* {[line], [last]} -> the last failovers */
	CTL_METRICS,		/* {} -> families of samples */
	CTL_MESSAGES,		/* {[line], [after]} -> messages, whole */
	CTL_SUBSCRIBE,		/* {} -> notifications "event" from now on */
	CTL_SHUTDOWN,		/* {} unregisters and ends */
};

/* JSON-RPC error codes, and ours. */
#define CTL_E_PARSE (-32700)
#define CTL_E_REQUEST (-32600)
#define CTL_E_METHOD (-32601)
#define CTL_E_PARAMS (-32602)
#define CTL_E_NOT_FOUND (-32001)	/* no such line, call */
#define CTL_E_STATE (-32002)		/* not possible now */
#define CTL_E_BUSY (-32003)		/* a limit */
#define CTL_E_CONFLICT (-32004)		/* the configuration is another */
#define CTL_E_INVALID (-32005)		/* it is wrong: data says where */
#define CTL_E_STORE (-32006)		/* it cannot be stored */
#define CTL_E_FORBIDDEN (-32007)	/* not for this user */

struct ctl_request {
	enum ctl_method method;
	json_t *id;		/* owned; NULL: a notification, no answer */
	char line[64];		/* these two without control characters, spaces */
	char uri[256];
	int64_t call;		/* -1: absent */
	int64_t messages;	/* 1..CTL_TRACE_MAX; -1: absent */
	int64_t last;		/* 1..CTL_FAILOVERS_MAX; -1: absent */
	int64_t after;		/* a message's number; 0: absent */
	char *sdp;		/* owned; NULL: absent */
	json_t *params;		/* owned; of config_apply, unread */
};

/* One line without its newline.  0, or a CTL_E_* code with *message a static
 * string; id is set when it could be read.  Strict: an unknown member of the
 * request or of params is refused, so is a batch.  ctl_request_free() in any
 * case. */
int ctl_parse(struct ctl_request *r, const char *text, size_t len,
	      const char **message);
void ctl_request_free(struct ctl_request *r);

/* The names of all methods, in the order of the table.  NULL: no memory. */
json_t *ctl_methods(void);

/* Text from the network as a JSON string: bytes that are no UTF-8 would leave
 * it out, so then all that are not ASCII become '?'.  NULL: no memory. */
json_t *ctl_text(const char *text);

/* What waits in a mailbox: an object, to which its owner adds.  NULL: no
 * memory. */
json_t *ctl_mwi(const struct mwi *mwi);

/* Lines with their newline, malloc'ed, the caller frees; NULL: no memory.
 * result and params are stolen, also on failure; id (NULL: null) is not. */
char *ctl_result(json_t *id, json_t *result);
char *ctl_error(json_t *id, int code, const char *message);
/* With the member data, which is stolen. */
char *ctl_error_data(json_t *id, int code, const char *message, json_t *data);
char *ctl_notify(const char *method, json_t *params);
char *ctl_call(int64_t id, const char *method, json_t *params);

#endif /* SIPOVER_CODEC_CTL_H */
