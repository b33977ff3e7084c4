#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The ladders of docs/ladders.md: each kind of failover, over UDP, TCP and TLS,
by the real daemon, drawn by sipoverctl trace.  Each must have the messages that
the document shows; with LADDERS=write in the environment the document gets what
the runs drew.

usage: sipoverd_ladders_test.py BUILD      (in a network namespace of its own)
"""
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

from sipoverd_certs import CA
from sipoverd_lab import (A, B, BUILD, Daemon, Message, Server, ok, points,
                          pump, registered_at, servers, until)

DOC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                   "../../docs/ladders.md")
TIME = 10       # columns, before the name of the phone
BLOCK = re.compile(r"(<!-- ladder: (\w+) (\w+) -->\n```\n)(.*?)(```\n)", re.S)
LONG = 30


class Connection:
    """One of a Stream's, in the list of what pump() reads."""

    def __init__(self, server, sock):
        self.server, self.sock, self.rx = server, sock, b""
        servers.append(self)

    def readable(self):
        try:
            got = self.sock.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.close()
        self.rx += got
        while self.sock and b"\r\n\r\n" in self.rx:
            head, _, rest = self.rx.lstrip(b"\r\n").partition(b"\r\n\r\n")
            n = int(re.search(rb"Content-Length: *(\d+)", head)[1])
            if len(rest) < n:
                break
            self.rx = rest[n:]
            self.server.received(Message(head + b"\r\n\r\n" + rest[:n]), self)

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None
        if self in servers:
            servers.remove(self)


class Stream(Server):
    """The same registrar and callee by TCP, or TLS with a context."""

    def __init__(self, ip, context):
        self.context, self.connections = context, []
        super().__init__(ip)

    def up(self):
        self.sock = socket.create_server((self.ip, 5061 if self.context else
                                          5060))

    def down(self):
        super().down()
        for c in self.connections:
            c.close()
        self.connections = []

    def readable(self):
        sock = self.sock.accept()[0]
        if self.context:
            sock.settimeout(LONG)
            sock = self.context.wrap_socket(sock, server_side=True)
        self.connections.append(Connection(self, sock))

    def send(self, data, peer):
        peer.sock.sendall(data)


class Lab:
    """Two servers of a transport and a phone that knows them."""

    def __init__(self, transport, ca):
        context = None
        self.transport = transport
        if transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*ca.issue("own", "DNS:example.com"))
        self.a, self.b = (Server(ip) if transport == "udp" else
                          Stream(ip, context) for ip in (A, B))
        self.ca = ca
        self.before = 0

    def start(self):
        both = "".join(f"server {{ address = '{ip}' "
                       f"transport = {self.transport} }}\n" for ip in (A, B))
        self.d = Daemon(servers=both, line="failback_interval = 10", t1=500,
                        probe=1, top=f"tls_ca = '{self.ca.cert}'")

    def registered(self, ip):
        return until(lambda: registered_at(self.d, ip), LONG)

    def rows(self):
        return self.d.call("trace", line="alice", messages=500)["result"]["rows"]

    def begin(self):
        """The ladder begins here."""
        self.before = len(self.rows())

    def dies_at(self, method):
        """A dies before it gets that request; where it has a connection, of
        which the phone would hear before, while it has it."""
        if self.transport == "udp":
            self.a.down()
        else:
            self.a.script[method] = lambda m, peer: self.a.down()

    def draw(self):
        n = len(self.rows()) - self.before
        got = subprocess.run([BUILD + "/sipoverctl", "--socket", self.d.path,
                              "trace", "alice", "--messages", str(n)],
                             capture_output=True, text=True)
        if got.returncode:
            print("# " + got.stderr)
        lines = [line[TIME:].rstrip() for line in got.stdout.splitlines()]
        return "".join(line + "\n" for line in lines)

    def end(self):
        status, log = self.d.end()
        if not ok(status == 0 and "runtime error" not in log,
                  "ends with status 0"):
            print("# " + "\n# ".join(log.splitlines()[-40:]))
        for s in (self.a, self.b):
            if s.sock:
                s.down()
            servers.remove(s)


def register(lab):
    """Nothing is at A when the phone starts."""
    lab.a.down()
    lab.start()
    lab.registered(B)


def up(lab):
    """A call by way of A."""
    lab.start()
    lab.registered(A)
    number = lab.d.dial()
    until(lambda: lab.d.state(number) == "up")
    return number


def over(lab):
    """Nothing is on its way any more."""
    until(lambda: lab.b.count("BYE"))
    until(lambda: not lab.d.status()["calls"])


def invite(lab):
    lab.start()
    lab.registered(A)
    lab.begin()
    lab.dies_at("INVITE")
    number = lab.d.dial()
    until(lambda: lab.d.state(number) == "up")
    until(lambda: lab.b.count("ACK"))


def bye(lab):
    number = up(lab)
    lab.begin()
    lab.dies_at("BYE")
    lab.d.call("hangup", call=number)
    over(lab)


def failback(lab):
    """A is back before it is looked for."""
    register(lab)
    lab.begin()
    registers = lab.b.count("REGISTER")
    lab.a.up()
    lab.registered(A)
    # The binding at B ends, then that at A is made sure of.
    until(lambda: lab.b.count("REGISTER") > registers)
    until(lambda: [r for r in lab.rows() if r["direction"] == "event"][-1]
          ["event"] == "registered" and settled(lab))


def settled(lab):
    """Each request has its final response."""
    sent = {r["branch"] for r in lab.rows() if r["direction"] == "out" and
            not r["status"] and r["method"] != "ACK"}
    answered = {r["branch"] for r in lab.rows()
                if r["direction"] == "in" and (r["status"] or 0) >= 200}
    down = [r for r in lab.rows() if r["server"] and r["server"].startswith(A)
            and r["direction"] == "event" and r["event"] == "kernel"]
    return len(sent - answered) <= (1 if down else 0)


KINDS = {"register": register, "invite": invite, "bye": bye,
         "failback": failback}


def messages(drawing):
    """Its arrows without the repeats, which are the machine's load, and the
    columns' names."""
    lines = drawing.splitlines()
    return lines[:1] + [line for line in lines
                        if re.search(r"<-|->", line) and "* " not in line and
                        " again " not in line]


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    write = os.environ.get("LADDERS") == "write"
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    drawn = {}
    with tempfile.TemporaryDirectory() as dir:
        ca = CA(dir)
        for _, kind, transport, shown, _ in BLOCK.findall(text):
            lab = Lab(transport, ca)
            KINDS[kind](lab)
            pump(0)
            got = drawn[kind, transport] = lab.draw()
            if not ok(write or messages(got) == messages(shown),
                      f"{kind} by {transport} goes as docs/ladders.md shows"):
                print("# " + "\n# ".join(got.splitlines()))
            lab.end()
    ok(sorted(drawn) == sorted((k, t) for k in KINDS
                               for t in ("udp", "tcp", "tls")),
       "every kind by every transport is shown")
    if write and not points[1]:
        with open(DOC, "w", encoding="utf-8") as f:
            f.write(BLOCK.sub(lambda m: m[1] + drawn[m[2], m[3]] + m[5], text))
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
