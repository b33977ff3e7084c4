/* SPDX-License-Identifier: BSD-2-Clause */
/* sipover-web: which row answers a request, and what it makes of header fields
 * (Host against DNS rebinding, cookies, Origin). */
#include "header.h"
#include "route.h"
#include "tap.h"

static void found(const char *method, const char *path, enum route route,
		  const char *what)
{
	const struct route_row *row;
	const char *allow;
	int status;

	row = route_find(method, path, &status, &allow);
	ok(row && row->route == route, "%s %s is %s", method, path, what);
}

static void refused(const char *method, const char *path, int want,
		    const char *allowed)
{
	const char *allow;
	int status;

	ok(!route_find(method, path, &status, &allow) && status == want &&
	   (allowed ? allow && !strcmp(allow, allowed) : !allow),
	   "%s %s: %d %s", method, path, want, allowed ? allowed : "");
}

static void routes(void)
{
	const struct route_row *row;
	const char *allow;
	int status;

	found("GET", "/", ROUTE_FILE, "the page");
	found("HEAD", "/x.js", ROUTE_FILE, "a file");
	found("GET", "/apis", ROUTE_FILE, "a file");
	found("GET", "/metrics", ROUTE_METRICS, "the metrics");
	found("GET", "/api/config", ROUTE_CONFIG, "config");
	found("POST", "/api/config", ROUTE_APPLY, "config_apply");
	found("POST", "/api/hangup", ROUTE_HANGUP, "hangup");
	refused("POST", "/", 405, "GET, HEAD");
	refused("HEAD", "/api/config", 405, "GET, POST");
	refused("GET", "/api/login", 405, "POST");
	refused("POST", "/api/status", 405, "GET");
	refused("PUT", "/metrics", 405, "GET");
	refused("GET", "/api", 404, NULL);
	refused("GET", "/api/", 404, NULL);
	refused("GET", "/api/status/", 404, NULL);
	refused("GET", "/api/../", 404, NULL);
	refused("GET", "", 404, NULL);
	refused("GET", "http://x/", 404, NULL);
	row = route_find("POST", "/api/login", &status, &allow);
	ok(row && !row->session, "login needs no session");
	row = route_find("GET", "/api/trace", &status, &allow);
	ok(row && row->session && !strcmp(row->method, "trace"),
	   "trace needs one, and is that of the control socket");
}

static void hosts(void)
{
	static const char *const names[] = { "phone.example" };
	static const char *const right[] = {
		"localhost", "LocalHost:8080", "localhost.", "127.0.0.1",
		"127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:1",
		"phone.example", "Phone.Example.:443", "192.0.2.7",
		"192.0.2.7:8443",
	};
	static const char *const wrong[] = {
		"", ":", ":80", "evil.example", "localhost.evil.example",
		"xlocalhost", "192.0.2.8", "127.0.0.1.evil.example",
		"localhost:80x", "localhost:123456",
		"[::1", "[::1]x", "::1", "[::2]", "[127.0.0.1]", "[]", "[",
		"phone.example@evil.example", "127.1", "0x7f000001",
		"localhost..", "[::ffff:127.0.0.1]",
	};
	char longest[300];

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		ok(header_host(right[i], names, 1, "192.0.2.7"),
		   "Host: %s is ours", right[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!header_host(wrong[i], names, 1, "192.0.2.7"),
		   "Host: %s is not", wrong[i]);
	ok(!header_host(NULL, names, 1, NULL), "no Host is not");
	ok(header_host("[2001:db8::1]:80", NULL, 0, "2001:db8:0::1"),
	   "an IPv6 address by its value");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(!header_host(longest, names, 1, NULL), "300 bytes are not");
}

static void cookies(void)
{
	uint8_t out[4];

	ok(header_cookie("s=00ff10ab", "s", out, 8) && out[1] == 0xff &&
	   out[3] == 0xab, "a cookie is read");
	ok(header_cookie("a=1; s=00000000 ; b=2", "s", out, 8),
	   "one among others");
	ok(header_cookie("xs=1;ss=2; s=00000000", "s", out, 8),
	   "by its whole name");
	ok(!header_cookie("xs=00000000", "s", out, 8), "not by its end");
	ok(!header_cookie("s=00000000; s=11111111", "s", out, 8),
	   "not when it is there twice");
	ok(!header_cookie("s=0000000", "s", out, 8), "not too short");
	ok(!header_cookie("s=000000000", "s", out, 8), "not too long");
	ok(!header_cookie("s=0000000G", "s", out, 8), "not other digits");
	ok(!header_cookie("s=0000000A", "s", out, 8), "not capitals");
	ok(!header_cookie("s=", "s", out, 8), "not empty");
	ok(!header_cookie("s", "s", out, 8), "not without a value");
	ok(!header_cookie("", "s", out, 8) &&
	   !header_cookie(NULL, "s", out, 8), "not when it is not there");
	ok(header_hex("0a0b", out, 4) && out[1] == 0x0b, "hexadecimal");
	ok(!header_hex(NULL, out, 4) && !header_hex("0a0b0", out, 4),
	   "all of it");
}

static void fields(void)
{
	ok(header_origin(NULL, "http", "a:1"), "no Origin is no other page");
	ok(header_origin("http://a:1", "http", "A:1"), "the page's own");
	ok(!header_origin("https://a:1", "http", "a:1"), "another scheme");
	ok(!header_origin("http://a", "http", "a:1"), "another port");
	ok(!header_origin("http://a:1.evil", "http", "a:1"), "a longer name");
	ok(!header_origin("null", "http", "a:1"), "null is none");
	ok(!header_origin("http://a", "http", NULL), "no Host, no Origin");
	ok(header_is_json("application/json") &&
	   header_is_json("Application/JSON; charset=utf-8"), "JSON");
	ok(!header_is_json(NULL) && !header_is_json("text/plain") &&
	   !header_is_json("application/jsonx"), "not JSON");
	is_str(header_bearer("Bearer abc"), "abc", "a bearer token");
	is_str(header_bearer("bearer  abc"), "abc", "in any case");
	ok(!header_bearer("Basic abc") && !header_bearer("Bearer ") &&
	   !header_bearer("Bearer") && !header_bearer(NULL), "none");
}

int main(void)
{
	routes();
	hosts();
	cookies();
	fields();
	return tap_done();
}
