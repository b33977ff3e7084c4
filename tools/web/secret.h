/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chance, digests, and the password's hash in its file: all of libsodium.
 *
 * Argon2id with SECRET_OPS passes over SECRET_MEM bytes: 12 MiB is what a phone
 * of 64 MiB can give for the moment of a login, and three passes over it cost
 * it about half a second.  One is computed at a time.
 */
#ifndef SIPOVER_WEB_SECRET_H
#define SIPOVER_WEB_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SECRET_OPS 3
#define SECRET_MEM (12 << 20)
#define SECRET_MIN 8		/* characters of a password */
#define SECRET_MAX 256		/* bytes */
#define SECRET_TOKEN 32
#define SECRET_HEX (2 * SECRET_TOKEN + 1)
#define SECRET_DEVICE 32	/* 16 of chance, 16 that show whose it is */
#define SECRET_HASH 128

/* false: no chance to be had. */
bool secret_init(void);

void secret_random(uint8_t *out, size_t n);
void secret_hex(char *out, const uint8_t *bytes, size_t n);
void secret_wipe(void *at, size_t n);

/* What is kept of a session's token, and the CSRF token that belongs to it: it
 * cannot be told from the other, so it need not be kept. */
void secret_digest(uint8_t out[SECRET_TOKEN],
		   const uint8_t token[SECRET_TOKEN]);
void secret_csrf(uint8_t out[SECRET_TOKEN],
		 const uint8_t token[SECRET_TOKEN]);

/* Of any text: to compare what need not have the same length. */
void secret_digest_text(uint8_t out[SECRET_TOKEN], const char *text);

/* A mark for a browser that logged in, and whether one is ours: of this
 * process, not made up. */
void secret_device(uint8_t out[SECRET_DEVICE]);
bool secret_device_ours(const uint8_t mark[SECRET_DEVICE]);

/* Whether the password may be one: 0, or -EINVAL with *why. */
int secret_fit(const char *password, const char **why);

/* The file with the hash: 0 or -errno; -ENOENT also for an empty one.  stamp
 * changes whenever the file was written anew. */
struct secret_stamp {
	uint64_t inode, size, sec, nsec;
};
int secret_stamp(const char *path, struct secret_stamp *stamp);
int secret_read(const char *path, char hash[SECRET_HASH]);

/* Writes it anew, whole or not at all, for the owner of the directory. */
int secret_write(const char *path, const char *password);

/* Takes its time. */
bool secret_is(const char hash[SECRET_HASH], const char *password);

#endif /* SIPOVER_WEB_SECRET_H */
