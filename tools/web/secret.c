// SPDX-License-Identifier: BSD-2-Clause
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

_Static_assert(SECRET_HASH == crypto_pwhash_STRBYTES, "a hash fits exactly");
_Static_assert(SECRET_OPS >= crypto_pwhash_OPSLIMIT_MIN, "allowed");
_Static_assert(SECRET_MEM >= crypto_pwhash_MEMLIMIT_MIN, "allowed");

#define MARK (SECRET_DEVICE / 2)

static uint8_t device_key[crypto_generichash_KEYBYTES];

bool secret_init(void)
{
	if (sodium_init() < 0)
		return false;
	randombytes_buf(device_key, sizeof(device_key));
	return true;
}

void secret_random(uint8_t *out, size_t n)
{
	randombytes_buf(out, n);
}

void secret_hex(char *out, const uint8_t *bytes, size_t n)
{
	sodium_bin2hex(out, 2 * n + 1, bytes, n);
}

void secret_wipe(void *at, size_t n)
{
	sodium_memzero(at, n);
}

static void digest(uint8_t *out, const uint8_t *token, const char *use)
{
	crypto_generichash_state state;

	/* Only a wrong size could make these fail. */
	(void)crypto_generichash_init(&state, NULL, 0, SECRET_TOKEN);
	(void)crypto_generichash_update(&state, (const uint8_t *)use,
					strlen(use) + 1);
	(void)crypto_generichash_update(&state, token, SECRET_TOKEN);
	(void)crypto_generichash_final(&state, out, SECRET_TOKEN);
	sodium_memzero(&state, sizeof(state));
}

void secret_digest(uint8_t out[SECRET_TOKEN],
		   const uint8_t token[SECRET_TOKEN])
{
	digest(out, token, "session");
}

void secret_csrf(uint8_t out[SECRET_TOKEN], const uint8_t token[SECRET_TOKEN])
{
	digest(out, token, "csrf");
}

void secret_digest_text(uint8_t out[SECRET_TOKEN], const char *text)
{
	(void)crypto_generichash(out, SECRET_TOKEN, (const uint8_t *)text,
				 strlen(text), device_key,
				 sizeof(device_key));
}

static void mark_of(uint8_t out[MARK], const uint8_t chance[MARK])
{
	(void)crypto_generichash(out, MARK, chance, MARK, device_key,
				 sizeof(device_key));
}

void secret_device(uint8_t out[SECRET_DEVICE])
{
	randombytes_buf(out, MARK);
	mark_of(out + MARK, out);
}

bool secret_device_ours(const uint8_t mark[SECRET_DEVICE])
{
	uint8_t want[MARK];

	mark_of(want, mark);
	return sodium_memcmp(want, mark + MARK, MARK) == 0;
}

int secret_fit(const char *password, const char **why)
{
	size_t bytes = strlen(password), characters = 0;

	for (const char *p = password; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			*why = "a password has no control characters";
			return -EINVAL;
		}
		/* All bytes of UTF-8 but those that continue one. */
		characters += ((unsigned char)*p & 0xc0) != 0x80;
	}
	if (characters < SECRET_MIN) {
		*why = "a password has at least 8 characters";
		return -EINVAL;
	}
	if (bytes > SECRET_MAX) {
		*why = "a password has at most 256 bytes";
		return -EINVAL;
	}
	return 0;
}

int secret_stamp(const char *path, struct secret_stamp *stamp)
{
	struct stat st;

	memset(stamp, 0, sizeof(*stamp));
	if (stat(path, &st) != 0)
		return -errno;
	stamp->inode = st.st_ino;
	stamp->size = (uint64_t)st.st_size;
	stamp->sec = (uint64_t)st.st_mtim.tv_sec;
	stamp->nsec = (uint64_t)st.st_mtim.tv_nsec;
	return st.st_size ? 0 : -ENOENT;
}

int secret_read(const char *path, char hash[SECRET_HASH])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	memset(hash, 0, SECRET_HASH);
	if (fd < 0)
		return -errno;
	n = read(fd, hash, SECRET_HASH - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	hash[strcspn(hash, "\n")] = '\0';
	return *hash ? 0 : -ENOENT;
}

/* The file's directory, and its name in there. */
static int open_directory(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char directory[4096] = ".";
	int fd;

	*name = slash ? slash + 1 : path;
	if (!**name || strlen(path) >= sizeof(directory))
		return -EINVAL;
	if (slash) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		memcpy(directory, path, n);
		directory[n] = '\0';
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Only the bytes; the directory may be a user's, so nothing there is followed
 * or written over. */
static int write_new(int dir, const char *name, const char *text)
{
	struct stat st;
	size_t len = strlen(text);
	int fd, ret = 0;

	if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (geteuid() == 0 && (fstat(dir, &st) != 0 ||
			       fchown(fd, st.st_uid, st.st_gid) != 0))
		ret = -errno;
	if (!ret && write(fd, text, len) != (ssize_t)len)
		ret = errno ? -errno : -EIO;
	if (!ret && fsync(fd) != 0)
		ret = -errno;
	close(fd);
	if (ret)
		unlinkat(dir, name, 0);
	return ret;
}

int secret_write(const char *path, const char *password)
{
	char hash[SECRET_HASH], line[SECRET_HASH + 1], temporary[256];
	const char *name;
	int dir, ret;

	if (crypto_pwhash_str(hash, password, strlen(password), SECRET_OPS,
			      SECRET_MEM) != 0)
		return -ENOMEM;
	dir = open_directory(path, &name);
	if (dir < 0)
		return dir;
	if ((size_t)snprintf(temporary, sizeof(temporary), ".%s.new", name) >=
	    sizeof(temporary)) {
		close(dir);
		return -ENAMETOOLONG;
	}
	snprintf(line, sizeof(line), "%s\n", hash);
	errno = 0;
	ret = write_new(dir, temporary, line);
	if (!ret && renameat(dir, temporary, dir, name) != 0)
		ret = -errno;
	if (!ret && fsync(dir) != 0)
		ret = -errno;
	close(dir);
	return ret;
}

bool secret_is(const char hash[SECRET_HASH], const char *password)
{
	return crypto_pwhash_str_verify(hash, password,
					strlen(password)) == 0;
}
