#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sipoverctl trace --pcapng: every message of the daemon's memory, with its
addresses, time and direction, and without its credentials.

usage: sipoverd_pcapng_test.py BUILD      (in a network namespace of its own)

With TSHARK=1 tshark has to read the same in it.
"""
import os
import socket
import stat
import struct
import subprocess
import sys
import time

from sipoverd_lab import (A, B, BUILD, PHONE, Daemon, Server, framed, ok,
                          points, registered_at, servers, until)


class Stream(Server):
    """The registrar on TCP, one connection at a time."""

    def up(self):
        self.data, self.listener = b"", socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.ip, 5060))
        self.listener.listen()
        self.sock = self.listener

    def down(self):
        self.sock.close()
        self.listener.close()
        self.sock = None

    def readable(self):
        if self.sock is self.listener:
            self.sock = self.listener.accept()[0]
            return
        got = self.sock.recv(65536)
        if not got:
            self.sock.close()
            self.sock, self.data = self.listener, b""
            return
        m, self.data = framed(self.data + got)
        while m:
            self.received(m, None)
            m, self.data = framed(self.data)

    def send(self, data, peer):
        self.sock.sendall(data)


def blocks(data):
    """(type, body) of each block; both its lengths must agree."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length % 4 or struct.unpack_from("<I", data,
                                            at + length - 4)[0] != length:
            raise ValueError(f"block at {at}")
        yield kind, data[at + 8:at + length - 4]
        at += length


class Packet:
    def __init__(self, body):
        _, high, low, length, _ = struct.unpack_from("<IIIII", body)
        self.ns = high << 32 | low
        ip = body[20:20 + length]
        head = (ip[0] & 15) * 4
        self.proto = ip[9]
        self.src, self.dst = (socket.inet_ntoa(ip[i:i + 4]) for i in (12, 16))
        self.sport, self.dport = struct.unpack_from(">HH", ip, head)
        self.seq = struct.unpack_from(">I", ip, head + 4)[0]
        self.text = ip[head + (8 if self.proto == 17 else 20):].decode()
        options = body[20 + (length + 3) // 4 * 4:]
        self.outbound = struct.unpack_from("<HHI", options) == (2, 4, 2)

    def start(self):
        return self.text.split("\r\n")[0]


def ctl(d, *args):
    return subprocess.run([BUILD + "/sipoverctl", "--socket", d.path, "trace",
                           *args], capture_output=True)


def capture(d, *args):
    path = d.dir + "/trace.pcapng"
    got = ctl(d, "--pcapng", path, *args)
    if got.returncode:
        print("#", got.stderr.decode())
        return path, []
    with open(path, "rb") as f:
        return path, [Packet(body) for kind, body in blocks(f.read())
                      if kind == 6]


def tshark(path, proto, packets):
    """It sees the same messages."""
    if not os.environ.get("TSHARK"):
        return
    got = subprocess.run(
        ["tshark", "-r", path, "-o", "udp.check_checksum:TRUE", "-o",
         "tcp.check_checksum:TRUE", "-T", "fields", "-e", "ip.src", "-e",
         proto + ".checksum.status", "-e", "sip.Method", "-e",
         "sip.Status-Code", "-e", "_ws.expert.severity"],
        capture_output=True, text=True)
    rows = [line.split("\t") for line in got.stdout.splitlines()]
    want = [[p.src, "1",
             "" if p.text.startswith("SIP/") else p.text.split(" ")[0],
             p.text.split(" ")[1] if p.text.startswith("SIP/") else ""]
            for p in packets]
    if not ok([r[:4] for r in rows] == want,
              f"tshark reads the same {len(rows)} messages over {proto}"):
        print("#", rows, want, got.stderr)


def test_udp(a, b):
    d = Daemon(line="failback_interval = 10", probe=1)
    ok(until(lambda: registered_at(d, A)), "registered at A")
    a.down()
    number = d.dial()
    ok(until(lambda: d.state(number) == "up" and b.count("ACK")),
       "a call that moved to B")
    before = time.time_ns()
    path, packets = capture(d)
    sent = [p for p in packets if p.outbound]
    ok([p.start() for p in sent if p.dst == B] == [m.start for m in b.seen] and
       all(p.src == PHONE and p.sport == 5060 and p.dport == 5060
           for p in sent), "what B got is there, as it left")
    ok([p.text.split("\r\n\r\n")[1] for p in sent if p.dst == B] ==
       [m.body for m in b.seen], "with its session description")
    ok(all(p.dst == PHONE and p.src in (A, B) for p in packets
           if not p.outbound) and
       any(p.start() == "SIP/2.0 401 Unauthorized" for p in packets),
       "what came back, too")
    ns = [p.ns for p in packets]
    ok(ns == sorted(ns) and 0 < before - ns[0] < 60 * 10**9,
       "at the moments of the calendar")
    with open(path, "rb") as f:
        data = f.read()
    ok(b"Authorization: *" in data and b"response=" not in data and
       b"nonce=" in data, "without what a stranger could use")
    ok(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "for its owner alone")
    tshark(path, "udp", packets)
    ok(len(capture(d, "alice")[1]) == len(packets), "of the line, all")
    got = ctl(d, "--pcapng", "-")
    ok(got.returncode == 0 and got.stdout[:4] == b"\x0a\x0d\x0d\x0a",
       "to standard output")
    refuse(d)
    d.end()
    a.up()


def refuse(d):
    ok(ctl(d, "--pcapng", d.dir + "/no/such").returncode == 73 and
       ctl(d, "--pcapng", d.dir + "/x", "nobody").returncode == 1 and
       ctl(d, "--pcapng", d.dir + "/x", "--messages", "3").returncode == 64 and
       ctl(d, "--pcapng").returncode == 64 and
       ctl(d, "--pcapng", "/dev/full").returncode == 74, "what cannot be")
    code = d.call("messages", after=-1)["error"]["code"]
    ok(code == -32602 and
       d.call("messages", after=1 << 40)["result"]["messages"] == [],
       "no message before the first or behind the last")


def test_pages(b):
    """More than one answer holds."""
    d = Daemon(top="trace_size = 1024", servers=f"""
        server {{ address = '{B}' }}""")
    ok(until(lambda: registered_at(d, B)), "registered at B")
    calls = 60
    for _ in range(calls):
        number = d.dial()
        until(lambda: d.state(number) == "up")
        d.call("hangup", call=number)
        until(lambda: d.state(number) is None)
    packets = capture(d)[1]
    ok(sum(p.start().startswith("INVITE ") for p in packets) >= calls and
       len({(p.ns, p.text) for p in packets}) == len(packets),
       f"{len(packets)} messages in several answers, each once")
    first = d.call("messages")["result"]
    ok(first["more"] and first["last"] ==
       first["messages"][-1]["number"], "a part of them at a time")
    d.end()


def test_tcp():
    a = Stream(A)
    d = Daemon(servers=f"""server {{ address = '{A}' transport = tcp }}""")
    ok(until(lambda: registered_at(d, A)), "registered by TCP")
    path, packets = capture(d)
    ok(len(packets) == 4 and all(p.proto == 6 for p in packets) and
       packets[2].seq == packets[0].seq + len(packets[0].text) and
       packets[3].seq == packets[1].seq + len(packets[1].text),
       "a stream's messages follow one another")
    tshark(path, "tcp", packets)
    d.end()
    a.down()


def main():
    a, b = Server(A), Server(B)
    test_udp(a, b)
    a.down()
    test_pages(b)
    b.down()
    test_tcp()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
