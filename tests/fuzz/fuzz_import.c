/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vendor's configuration file: whatever it is, what is written from it is a
 * sipoverd.conf that the daemon reads, with as many lines as was said; and a
 * password comes out as it went in.
 */
#include "fuzz.h"

#include <errno.h>

#include "codec/conf.h"
#include "import.h"

struct seen {
	size_t n;
};

static void report(void *ctx, const char *file, unsigned int line,
		   const char *name, const char *why)
{
	struct seen *seen = ctx;

	seen->n++;
	must(file && name && why && *why);
	must(line || *name);
}

static char *import_one(enum import_vendor vendor, const char *text, size_t len,
			struct conf *conf)
{
	struct seen seen = { 0 };
	struct import *im = import_new(vendor, report, &seen);
	char *out = NULL, err[1024];
	unsigned int lines = 0;
	const char *why = NULL;
	int ret = import_read(im, "file", text, len, &why);

	must(ret == 0 || (ret == -EINVAL && why && *why));
	if (!ret) {
		out = import_write(im, &lines);
		must(out != NULL);
		if (conf_load(conf, "out", out, err, sizeof(err)) != 0) {
			fprintf(stderr, "%s\n%s", err, out);
			must(!"what is written is accepted");
		}
		must(conf->n_lines == lines);
	}
	import_free(im);
	return out;
}

static void check_password(const uint8_t *data, size_t size)
{
	char password[100], text[256];
	struct conf conf;
	size_t n = 0, i;
	char *out;

	for (i = 0; i < size && n + 1 < sizeof(password); i++)
		if (data[i] > ' ' && data[i] != 0x7f)
			password[n++] = (char)data[i];
	password[n] = '\0';
	if (!n || strcmp(password, "%NULL%") == 0 ||
	    strcmp(password, "%EMPTY%") == 0)
		return;
	snprintf(text, sizeof(text), "account.1.user_name = u\n"
		 "account.1.sip_server.1.address = 192.0.2.1\n"
		 "account.1.password = %s\n", password);
	out = import_one(IMPORT_YEALINK, text, strlen(text), &conf);
	must(out && conf.n_lines == 1);
	must(strcmp(conf.line[0].password, password) == 0);
	conf_free(&conf);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf conf;
	char *text, *out;

	if (!size)
		return 0;
	text = exact_copy(data + 1, size - 1);
	out = import_one(data[0] & 1 ? IMPORT_FANVIL : IMPORT_YEALINK, text,
			 size - 1, &conf);
	if (out)
		conf_free(&conf);
	free(out);
	free(text);
	check_password(data + 1, size - 1);
	return 0;
}
