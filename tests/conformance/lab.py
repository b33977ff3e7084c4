# SPDX-License-Identifier: BSD-2-Clause
"""The network namespace of one test of conformance: real servers on addresses
of their own, the daemon, and what went over the wire between them."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import types

import sipoverd_kamailio
from sipoverd_certs import CA
from sipoverd_kamailio import CALLEE, LONG, Callee, Kamailio
from sipoverd_lab import (A6, B6, PHONE6, Daemon, Message, host, ok, points,
                          servers, until)

from sipoverd_dns_test import DNS, Nsd
from sipp import Sipp

A, B, PHONE = "198.51.100.1", "198.51.100.2", "198.51.100.9"
C, C6 = "198.51.100.4", "2001:db8::4"
V6 = {A: A6, B: B6, C: C6, PHONE: PHONE6}
PACKET_OUTGOING = 4
TCP_SYN = 2
SO_TIMESTAMPNS = 35
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58

__all__ = ["DNS", "A", "B", "C", "A6", "B6", "C6", "CALLEE", "LONG", "PHONE",
           "PHONE6", "TCP", "Lab", "at", "host", "ok", "until"]


class Wire:
    """SIP between the phone and its servers, and ICMP to the phone; each
    message once, by the kernel's clock."""

    def __init__(self):
        self.seen, self.icmp, self.syns = [], [], []
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind(("lo", 0))
        self.sock.setblocking(False)
        servers.append(self)

    def readable(self):
        while True:
            try:
                data, control, _, address = self.sock.recvmsg(70000, 64)
            except BlockingIOError:
                return
            if address[2] == PACKET_OUTGOING:
                continue
            s, ns = struct.unpack("qq", control[0][2])
            self.packet(data, s + ns / 1e9)

    def packet(self, data, time):
        if data[0] >> 4 == 4:
            proto, rest = data[9], data[(data[0] & 15) * 4:]
            ends = [socket.inet_ntop(socket.AF_INET, data[i:i + 4])
                    for i in (12, 16)]
        else:
            proto, rest = data[6], data[40:]
            ends = [socket.inet_ntop(socket.AF_INET6, data[i:i + 16])
                    for i in (8, 24)]
        if not {PHONE, PHONE6} & set(ends):
            return
        if proto in (ICMP, ICMPV6):
            self.icmp.append((rest[0], rest[1]))
            return
        if proto == TCP and rest[13] & 0x12 == TCP_SYN:
            self.syns.append(types.SimpleNamespace(packet=data, src=ends[0],
                                                   dst=ends[1]))
        body = rest[8:] if proto == UDP else rest[(rest[12] >> 4) * 4:]
        if proto not in (UDP, TCP) or b"SIP/2.0" not in body[:400]:
            return
        m = Message(body)
        m.time, m.by, (m.src, m.dst) = time, proto, ends
        m.packet = data
        m.port = int.from_bytes(rest[2:4], "big")
        self.seen.append(m)

    def clear(self):
        """Forgets what is on its way to us as well."""
        self.readable()
        self.seen.clear(), self.icmp.clear(), self.syns.clear()

    def sent(self, method=None, to=None):
        """The phone's requests, with repetitions."""
        return [m for m in self.seen if m.src in (PHONE, PHONE6) and
                m.method != "SIP/2.0" and method in (None, m.method) and
                to in (None, m.dst)]

    def new(self, method=None, to=None):
        """The same without repetitions."""
        return list({m.branch() + m.method: m
                     for m in reversed(self.sent(method, to))}.values())[::-1]

    def got(self, status, method, by=None):
        """Responses to the phone's requests."""
        return [m for m in self.seen if m.dst in (PHONE, PHONE6) and
                m.start.startswith(f"SIP/2.0 {status}") and
                m.get("CSeq").endswith(" " + method) and
                by in (None, m.src)]

    def order(self):
        """(method, server) of the requests, repetitions left out."""
        return [(m.method, m.dst) for m in self.new()]


class Events:
    """What the daemon tells every control client (docs/control.md)."""

    def __init__(self, d):
        self.all, self.rest = [], b""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(d.path)
        self.sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"subscribe"}\n')
        self.sock.setblocking(False)
        servers.append(self)
        until(lambda: self.all)

    def readable(self):
        try:
            got = self.sock.recv(1 << 16)
        except BlockingIOError:
            return
        if not got:
            servers.remove(self)
        *lines, self.rest = (self.rest + got).split(b"\n")
        self.all += [json.loads(n).get("params", {}) for n in lines]

    def of(self, type, **members):
        return [e for e in self.all if e.get("type") == type and
                all(e.get(k) == v for k, v in members.items())]

    def states(self):
        """Of calls, one after the other."""
        return [e["state"] for e in self.of("call")]


class Lab:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="conformance.")
        self.phones, self.peers = [], []
        self.ca, self.certs = None, {}
        for args in ("link set lo up", *(f"addr add {ip}/32 dev lo" for ip in
                                         (A, B, C, CALLEE, PHONE)),
                     *(f"addr add {ip}/128 dev lo nodad" for ip in
                       (A6, B6, C6, PHONE6))):
            subprocess.run(["ip", *args.split()], check=True)
        # Each error of a test counts, not one a second.
        for name in "icmp_ratelimit", "icmp_ratemask":
            with open("/proc/sys/net/ipv4/" + name, "w") as f:
                f.write("0")
        self.wire = Wire()

    def kamailio(self, ip, changes=(), name="example.com"):
        """name: in its certificate."""
        if not self.ca:
            self.ca = CA(self.dir)
        if name not in self.certs:
            self.certs[name] = self.ca.issue(name, "DNS:" + name)
        return Kamailio(ip, V6[ip], self.dir, "k" + ip, self.certs[name],
                        "MD5" if ip == B else "SHA-256", changes)

    def pair(self):
        return self.kamailio(A), self.kamailio(B)

    def callee(self):
        return Callee(CALLEE)

    def sipp(self, ip, port=5060, word="", **answers):
        peer = Sipp(self.dir, ip, port, answers, word)
        self.peers.append(peer)
        until(lambda: peer.bound() or peer.proc.poll() is not None, LONG)
        if not peer.bound():
            raise SystemExit("# SIPp does not start")
        return peer

    def nsd(self, name, zone):
        """Of that zone."""
        nsd = Nsd(name)
        nsd.zone(zone)
        if not nsd.up():
            raise SystemExit("# nsd does not start")
        self.peers.append(nsd)
        return nsd

    def phone(self, servers=(A, B), wait=A, v6=False, **options):
        """A daemon whose servers are addresses, or entries as they stand in
        its configuration; registered at `wait`, if that is not None."""
        entries = [s if s.startswith(("server ", "outbound_proxy ")) else
                   f"server {{ address = '{s}' }}" for s in servers]
        d = Daemon(servers="\n".join(entries), local=PHONE,
                   local6=PHONE6 if v6 else None,
                   dir=tempfile.mkdtemp(dir=self.dir), **options)
        self.phones.append(d)
        if wait:
            ok(until(lambda: at(d, wait)), f"registered at {wait}")
        return d

    def over(self, d):
        """A phone whose end is not looked at any more."""
        d.end()
        self.phones.remove(d)

    def refused(self, what, *servers, **options):
        """The daemon does not start with such a configuration."""
        d = self.phone(*servers, wait=None, **options)
        if ok(d.proc.poll() == 78, what):
            self.phones.remove(d)

    def events(self, d):
        return Events(d)

    def reject(self, ip, how, proto="udp", port=5060, once=False):
        """What arrives there is answered with an ICMP error, by the kernel in
        its name; how: nft's words, "drop" for no answer at all."""
        family = "ip6" if ":" in ip else "ip"
        rule = how if how == "drop" else f"reject with {how}"
        if once:
            rule = "limit rate 1/hour burst 1 packets " + rule
        for command in ("add table inet t", "flush table inet t",
                        "add chain inet t in {type filter hook input "
                        "priority 0;}",
                        f"add rule inet t in {family} daddr {ip} {proto} "
                        f"dport {port} {rule}"):
            subprocess.run(["nft", command], check=True)

    def unreachable(self, m, code=3):
        """Says by ICMP, late, that m could not be delivered."""
        icmp = struct.pack("!BBHI", 3, code, 0, 0) + m.packet[:548]
        words = struct.unpack(f"!{len(icmp + icmp[:len(icmp) % 2]) // 2}H",
                              icmp + b"\0" * (len(icmp) % 2))
        total = sum(words)
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        icmp = icmp[:2] + struct.pack("!H", ~total & 0xffff) + icmp[4:]
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, ICMP) as s:
            s.bind((m.dst, 0))
            s.sendto(icmp, (m.src, 0))

    def allow(self):
        subprocess.run(["nft", "flush table inet t"], check=True)

    def tls(self):
        """For the configuration: who is believed."""
        return f"tls_ca = '{self.dir}/ca.pem'\n"

    def end(self):
        for d in self.phones:
            status, log = d.end()
            good = ok(status == 0 and "runtime error" not in log,
                      "the daemon ends with status 0")
            if not good or points[1]:
                print("# " + "\n# ".join(log.splitlines()[-60:]))
        for peer in self.peers:
            if peer.proc:
                peer.down()
        for k in sipoverd_kamailio.running:
            os.killpg(k.pid, signal.SIGCONT)
        sipoverd_kamailio.end()
        if points[1]:
            for m in self.wire.seen[-200:]:
                print(f"# {m.time % 1000:8.3f} {m.src} > {m.dst} {m.start}  "
                      f"{m.get('CSeq')}")
        shutil.rmtree(self.dir, ignore_errors=True)


def at(d, ip):
    line = d.line()
    return line["state"] == "registered" and \
        (line["working"] or "").startswith(host(ip) + ":")
