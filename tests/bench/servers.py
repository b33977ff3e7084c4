#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""servers.py A B DNS: the far side of the benchmark, in one namespace.

B answers SIP: 200 to REGISTER and the like, 486 to INVITE.  DNS says that
bench.test has two servers, A before B.  A is what a line on the input says:

  up        answers as B does
  down      nothing listens: this kernel says port unreachable, at once
  late MS   silent, and port unreachable comes MS milliseconds later: the
            phone is asleep by then
"""
import re
import select
import socket
import struct
import sys
import time

A, B, DNS = sys.argv[1:4]
SIP = 5060
QUOTE_MAX = 548         # RFC 1812 4.3.2.3: an error has at most 576 bytes


def header(text, name):
    return re.findall(rf"(?im)^{name}[ \t]*:[ \t]*(.*?)\r?$", text)


def response(text):
    """What is answered to a request, or None."""
    method = text.split(" ", 1)[0]
    if method in ("SIP/2.0", "ACK"):
        return None
    status = "486 Busy Here" if method == "INVITE" else "200 OK"
    to = header(text, "(?:To|t)")[0]
    lines = ["SIP/2.0 " + status]
    lines += ["Via: " + v for v in header(text, "(?:Via|v)")]
    lines += ["From: " + header(text, "(?:From|f)")[0],
              "To: " + (to if ";tag=" in to else to + ";tag=far"),
              "Call-ID: " + header(text, "(?:Call-ID|i)")[0],
              "CSeq: " + header(text, "CSeq")[0]]
    if method == "REGISTER":
        lines += [f"Contact: {c};expires=3600"
                  for c in header(text, "(?:Contact|m)")]
    return "\r\n".join(lines + ["Content-Length: 0", "", ""]).encode()


def sip_socket(ip):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ip, SIP))
    return s


def answer(s):
    data, peer = s.recvfrom(65536)
    got = response(data.decode("latin-1"))
    if got:
        s.sendto(got, peer)


def name_bytes(name):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in name.split(".")) + b"\0"


def resolve(s):
    """One question, as resolvers send them; unknown names and types have no
    answer but exist."""
    data, peer = s.recvfrom(4096)
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    kind = struct.unpack("!H", data[at + 1:at + 3])[0]
    name = ".".join(labels).lower()
    records = []
    if kind == 33 and name == "_sip._udp.bench.test":
        records = [struct.pack("!HHH", prio, 0, SIP) + name_bytes(host)
                   for prio, host in ((10, "a.bench.test"), (20, "b.bench.test"))]
    elif kind == 1 and name in ("a.bench.test", "b.bench.test"):
        records = [socket.inet_aton(A if name[0] == "a" else B)]
    head = data[:2] + struct.pack("!HHHHH", 0x8580, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 86400, len(r)) + r
                    for r in records)
    s.sendto(head + data[12:at + 5] + body, peer)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def unreachable(quote):
    """ICMP 3/3 (RFC 792) about the datagram."""
    body = struct.pack("!HH", 0, 0) + quote[:QUOTE_MAX]
    return struct.pack("!BBH", 3, 3, checksum(b"\3\3\0\0" + body)) + body


class Primary:
    def __init__(self):
        self.sip = self.raw = None
        self.icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                  socket.IPPROTO_ICMP)
        self.icmp.bind((A, 0))
        self.icmp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        self.late = 0
        self.due = []           # (when, to whom, what)

    def become(self, words):
        for s in (self.sip, self.raw):
            if s:
                s.close()
        self.sip = self.raw = None
        self.due = []
        if words[0] == "down":
            return
        self.sip = sip_socket(A)
        if words[0] == "late":
            self.late = float(words[1]) / 1000
            self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                     socket.IPPROTO_UDP)

    def sockets(self):
        return [s for s in (self.sip, self.raw) if s]

    def readable(self, s):
        if s is self.raw:
            data, peer = s.recvfrom(65536)
            length = (data[0] & 15) * 4
            if data[16:20] == socket.inet_aton(A) and \
                    data[length + 2:length + 4] == struct.pack("!H", SIP):
                self.due.append((time.monotonic() + self.late, peer[0], data))
        elif self.raw:
            s.recvfrom(65536)
        else:
            answer(s)

    def wait(self):
        return max(0, self.due[0][0] - time.monotonic()) if self.due else None

    def expire(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, peer, data = self.due.pop(0)
            self.icmp.sendto(unreachable(data), (peer, 0))


def main():
    primary = Primary()
    backup = sip_socket(B)
    dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dns.bind((DNS, 53))
    print("ready", flush=True)
    while True:
        ready = select.select([0, backup, dns] + primary.sockets(), [], [],
                              primary.wait())[0]
        primary.expire()
        if backup in ready:
            answer(backup)
        if dns in ready:
            resolve(dns)
        for s in primary.sockets():
            if s in ready:
                primary.readable(s)
        if 0 in ready:
            words = sys.stdin.readline().split()
            if not words:
                return
            primary.become(words)
            print("ok", flush=True)


main()
