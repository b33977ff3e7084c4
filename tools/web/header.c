// SPDX-License-Identifier: BSD-2-Clause
#include "header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool hex_bytes(const char *text, size_t len, uint8_t *out, size_t size)
{
	if (len != size || size % 2)
		return false;
	for (size_t i = 0; i < size; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool header_hex(const char *text, uint8_t *out, size_t size)
{
	return text && hex_bytes(text, strlen(text), out, size);
}

bool header_cookie(const char *cookies, const char *name, uint8_t *out,
		   size_t size)
{
	size_t name_len = strlen(name);
	bool found = false;

	if (!cookies)
		return false;
	for (;;) {
		size_t len;

		cookies += strspn(cookies, " \t");
		len = strcspn(cookies, ";");
		if (len > name_len && cookies[name_len] == '=' &&
		    !memcmp(cookies, name, name_len)) {
			const char *value = cookies + name_len + 1;
			size_t n = len - name_len - 1;

			while (n && (value[n - 1] == ' ' ||
				     value[n - 1] == '\t'))
				n--;
			/* Who plants a second one would choose between them. */
			if (found || !hex_bytes(value, n, out, size))
				return false;
			found = true;
		}
		cookies += len;
		if (!*cookies)
			return found;
		cookies++;
	}
}

/* Where the port begins or the text ends; NULL: not of this form. */
static const char *host_end(const char *host)
{
	const char *end = host, *port;

	if (*host == '[') {
		end = strchr(host, ']');
		if (!end)
			return NULL;
		end++;
	} else {
		end += strcspn(host, ":");
	}
	if (!*end)
		return end;
	if (*end != ':')
		return NULL;
	port = end + 1;
	if (strspn(port, "0123456789") != strlen(port) || strlen(port) > 5)
		return NULL;
	return end;
}

static bool is_loopback(int family, const void *address)
{
	if (family == AF_INET)
		return *(const uint8_t *)address == 127;
	return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)address);
}

/* Whether text is that address, or one of the loopback device. */
static bool is_own(int family, const char *text, const char *own)
{
	struct in6_addr a, b;
	size_t size = family == AF_INET ? 4 : 16;

	if (inet_pton(family, text, &a) != 1)
		return false;
	if (is_loopback(family, &a))
		return true;
	return own && inet_pton(family, own, &b) == 1 &&
	       !memcmp(&a, &b, size);
}

bool header_host(const char *host, const char *const *names, size_t n_names,
		 const char *own)
{
	char name[HEADER_NAME_MAX + 1];
	const char *end;
	size_t len;

	end = host ? host_end(host) : NULL;
	len = end ? (size_t)(end - host) : 0;
	if (!len || len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (name[0] == '[') {
		name[len - 1] = '\0';
		return is_own(AF_INET6, name + 1, own);
	}
	if (is_own(AF_INET, name, own))
		return true;
	/* The root's dot does not make it another name. */
	if (name[len - 1] == '.')
		name[len - 1] = '\0';
	if (!strcasecmp(name, "localhost"))
		return true;
	for (size_t i = 0; i < n_names; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

bool header_origin(const char *origin, const char *scheme, const char *host)
{
	size_t n = strlen(scheme);

	if (!origin)
		return true;
	return host && !strncmp(origin, scheme, n) &&
	       !strncmp(origin + n, "://", 3) &&
	       !strcasecmp(origin + n + 3, host);
}

bool header_is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	if (!type || strncasecmp(type, json, n) != 0)
		return false;
	type += n;
	type += strspn(type, " \t");
	return !*type || *type == ';';
}

const char *header_bearer(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	authorization += 7;
	authorization += strspn(authorization, " ");
	return *authorization ? authorization : NULL;
}
