// SPDX-License-Identifier: BSD-2-Clause
/*
 * offload: has a device, or does not have it, complete transport checksums.
 *
 *   offload DEVICE tx-checksum on|off
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "netns.h"

int main(int argc, char **argv)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq request = { .ifr_data = (char *)&value };
	int fd;

	if (argc != 4 || strcmp(argv[2], "tx-checksum") != 0) {
		fputs("usage: offload DEVICE tx-checksum on|off\n", stderr);
		return 64;
	}
	enter_netns();
	value.data = strcmp(argv[3], "on") == 0;
	strncpy(request.ifr_name, argv[1], sizeof(request.ifr_name) - 1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request)) {
		perror("offload");
		return 1;
	}
	close(fd);
	return 0;
}
