/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the phone calls itself at every registrar and for ever: a UUID in a file
 * (RFC 5626 4.1, R-42).
 */
#ifndef SIPOVER_IO_INSTANCE_H
#define SIPOVER_IO_INSTANCE_H

#define INSTANCE_LEN 36

/*
 * Reads dir/instance-id, or makes it (and dir) at the first start.  0, else
 * -errno and uuid is "": -EBADMSG for a file that holds something else, which
 * is left as it is.
 */
int instance_load(const char *dir, char uuid[INSTANCE_LEN + 1]);

#endif /* SIPOVER_IO_INSTANCE_H */
