// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "genl.h"
#include "kcov.h"

#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_TRACE_PC 0
#define KCOV_FILE "/sys/kernel/debug/kcov"
#define TEXT_FILE "/sys/module/sipover/sections/.text"

#define AREA 65536		/* words */
#define TEXT_MAX (256 * 1024)	/* bytes of module text */

static uint8_t *seen;		/* by offset in the module's text; shared */
static uint64_t *area;
static unsigned long base;

/* Before any fork.  Returns false if the kernel has no KCOV. */
bool kcov_open(void)
{
	int fd = open(KCOV_FILE, O_RDWR | O_CLOEXEC);

	if (fd < 0 || !read_number(TEXT_FILE, 16, &base) || !base)
		return false;
	close(fd);
	seen = mmap(NULL, TEXT_MAX, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		die("mmap");
	return true;
}

/* For the calling task, to its end. */
void kcov_start(void)
{
	int fd = open(KCOV_FILE, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, AREA) < 0)
		die(KCOV_FILE);
	area = mmap(NULL, AREA * sizeof(*area), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (area == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC) < 0)
		die(KCOV_FILE);
	__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}

/* Places run since the last call that nobody had run before. */
unsigned int kcov_collect(void)
{
	unsigned int new = 0;
	uint64_t i, n, at;

	if (!area)
		return 0;
	n = __atomic_load_n(&area[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < AREA; i++) {
		at = area[i] - base;
		if (at < TEXT_MAX && !seen[at]) {
			seen[at] = 1;
			new++;
		}
	}
	__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
	return new;
}

/* All places that were run by now, by anybody. */
unsigned int kcov_places(void)
{
	unsigned int at, n = 0;

	for (at = 0; seen && at < TEXT_MAX; at++)
		n += seen[at];
	return n;
}
