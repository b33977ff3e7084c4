/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp DEVICE: the observer of the benchmark.  Prints one line for each UDP
 * datagram and each ICMP unreachable that passes DEVICE, with the kernel's time
 * stamp:
 *
 *   NANOSECONDS out|in udp  PORT ADDRESS WORD
 *   NANOSECONDS in     icmp PORT ADDRESS TYPE/CODE
 *
 * PORT is this side's, ADDRESS the other one's; of an ICMP error both are those
 * of the datagram that it quotes.  WORD is the datagram's first one, of a SIP
 * response its status.
 *
 * The packets come by a mapped ring that is handed over every BLOCK_MS: one
 * wake-up for each packet would take the processor from what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCKS 16
#define BLOCK_SIZE (1 << 16)
#define BLOCK_MS 10
#define WORD_MAX 16

static void die(const char *what)
{
	fprintf(stderr, "stamp: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The method of a request, the status of a response. */
static void first_word(const char *p, size_t len, char word[WORD_MAX])
{
	static const char version[] = "SIP/2.0 ";
	size_t n = 0;

	if (len > strlen(version) && !memcmp(p, version, strlen(version))) {
		p += strlen(version);
		len -= strlen(version);
	}
	while (n < len && n < WORD_MAX - 1 && p[n] > ' ' && p[n] < 0x7f)
		n++;
	memcpy(word, p, n);
	word[n] = '\0';
	if (!n)
		strcpy(word, "-");
}

/* The UDP header behind an IPv4 header, or NULL. */
static const struct udphdr *udp_of(const struct iphdr *ip, size_t len)
{
	if (len < sizeof(*ip) || ip->ihl < 5 ||
	    len < ip->ihl * 4 + sizeof(struct udphdr) ||
	    ip->protocol != IPPROTO_UDP)
		return NULL;
	return (const void *)((const char *)ip + ip->ihl * 4);
}

static void show(uint64_t ns, const char *way, const char *kind,
		 uint16_t port, uint32_t peer, const char *word)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &peer, text, sizeof(text));
	printf("%llu %s %s %u %s %s\n", (unsigned long long)ns, way, kind,
	       ntohs(port), text, word);
}

static void icmp(uint64_t ns, const char *p, size_t len)
{
	const struct icmphdr *icmp = (const void *)p;
	const struct iphdr *quoted;
	const struct udphdr *udp;
	char word[WORD_MAX];

	if (len < sizeof(*icmp) || icmp->type != ICMP_DEST_UNREACH)
		return;
	quoted = (const void *)(p + sizeof(*icmp));
	udp = udp_of(quoted, len - sizeof(*icmp));
	if (!udp)
		return;
	snprintf(word, sizeof(word), "%u/%u", icmp->type, icmp->code);
	show(ns, "in", "icmp", udp->source, quoted->daddr, word);
}

static void packet(uint64_t ns, bool out, const char *p, size_t len)
{
	const struct iphdr *ip = (const void *)p;
	const struct udphdr *udp = udp_of(ip, len);
	char word[WORD_MAX];

	if (udp) {
		const char *data = (const char *)(udp + 1);

		first_word(data, (size_t)(p + len - data), word);
		show(ns, out ? "out" : "in", "udp",
		     out ? udp->source : udp->dest,
		     out ? ip->daddr : ip->saddr, word);
	} else if (!out && len > sizeof(*ip) && ip->protocol == IPPROTO_ICMP &&
		   ip->ihl >= 5 && len > ip->ihl * 4u) {
		icmp(ns, p + ip->ihl * 4, len - ip->ihl * 4u);
	}
}

static void block(const struct tpacket_block_desc *b)
{
	const char *p = (const char *)b + b->hdr.bh1.offset_to_first_pkt;
	uint32_t i;

	for (i = 0; i < b->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)p;
		const struct sockaddr_ll *from =
			(const void *)(p + TPACKET_ALIGN(sizeof(*h)));

		if (from->sll_protocol == htons(ETH_P_IP))
			packet(h->tp_sec * 1000000000ull + h->tp_nsec,
			       from->sll_pkttype == PACKET_OUTGOING,
			       p + h->tp_net, h->tp_snaplen -
			       (uint32_t)(h->tp_net - h->tp_mac));
		p += h->tp_next_offset;
	}
}

static char *open_ring(const char *device, int *fd)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCKS * (BLOCK_SIZE / 2048),
		.tp_retire_blk_tov = BLOCK_MS,
	};
	struct sockaddr_ll own = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),	/* or nothing that leaves */
		.sll_ifindex = (int)if_nametoindex(device),
	};
	int version = TPACKET_V3, on = 1;
	char *ring;

	*fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (*fd < 0)
		die("socket");
	/* Makes the stack stamp packets where they come in. */
	if (setsockopt(*fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(*fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(*fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		die("ring");
	ring = mmap(NULL, (size_t)BLOCKS * BLOCK_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED, *fd, 0);
	if (ring == MAP_FAILED)
		die("mmap");
	if (!own.sll_ifindex || bind(*fd, (void *)&own, sizeof(own)))
		die(device);
	return ring;
}

int main(int argc, char **argv)
{
	unsigned int at = 0;
	struct pollfd wait = { .events = POLLIN };
	char *ring;

	if (argc != 2) {
		fputs("usage: stamp DEVICE\n", stderr);
		return 64;
	}
	ring = open_ring(argv[1], &wait.fd);
	puts("ready");
	for (;;) {
		struct tpacket_block_desc *b =
			(void *)(ring + (size_t)at * BLOCK_SIZE);

		if (fflush(stdout))
			return 0;	/* nobody reads any more */
		while (!(__atomic_load_n(&b->hdr.bh1.block_status,
					 __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				die("poll");
		block(b);
		__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		at = (at + 1) % BLOCKS;
	}
}
