#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A local outage while a call is made, or ended, over TCP: the request waits for
the way to come back and goes by a new connection, as a datagram would.

usage: sipoverd_outage_test.py BUILD      (in a network namespace of its own)
"""
import re
import socket
import sys

from sipoverd_lab import (Daemon, Server, framed, ok, points, registered_at,
                          servers, until)
from sipoverd_netlink_test import A, B, Phone, held, wire


class Connection:
    def __init__(self, server, sock):
        self.server, self.sock, self.data = server, sock, b""
        self.port = sock.getpeername()[1]
        servers.append(self)

    def readable(self):
        try:
            got = self.sock.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.sock.close()
            servers.remove(self)
            return
        m, self.data = framed(self.data + got)
        while m:
            self.server.take(m, self)
            m, self.data = framed(self.data)


class TcpServer(Server):
    """A registrar and callee on TCP, for any number of connections."""
    def up(self):
        self.sock = socket.socket()
        self.sock.bind((self.ip, 5060))
        self.sock.listen()

    def readable(self):
        Connection(self, self.sock.accept()[0])

    def take(self, m, connection):
        m.port = connection.port
        self.seen.append(m)
        if m.method in ("SIP/2.0", "ACK"):
            return
        extra = [f"Contact: <sip:callee@{self.ip}:5060;transport=tcp>"]
        if m.method == "REGISTER":
            extra = ["Contact: %s;expires=300" % m.get("Contact")]
        sock, self.sock = self.sock, self
        self.sendto = lambda data, peer: peer.sock.sendall(data)
        self.answer(m, connection, "200 OK", extra, "callee")
        self.sock = sock


def outage(d, phone, act):
    """The interface is down for longer than the connection lives; act() in
    it."""
    phone.ip("link", "set", "eth0", "down")
    ok(until(lambda: held(d)), "the daemon holds")
    act()
    until(lambda: d.status()["local"]["since_s"] >= 3)
    phone.ip("link", "set", "eth0", "up")
    ok(until(lambda: not held(d)), "and goes on")


def port_of(uri):
    return int(re.search(r":(\d+)[;>]", uri)[1])


def test_invite(d, phone, a, b):
    numbers = []

    def dial():
        numbers.append(d.dial())
    outage(d, phone, dial)
    n = numbers[0]
    ok(until(lambda: d.state(n) == "up"),
       "a call dialled in the outage comes about after it")
    invite = a.last("INVITE")
    ok(invite.port == a.last("REGISTER").port, "by the new connection")
    ok(port_of(invite.get("Contact")) == invite.port,
       "which its Contact names")
    ok(a.count("INVITE") == 1 and not b.seen, "once, and nowhere else")
    return n


def test_bye(d, phone, a, b, n):
    def hang_up():
        d.call("hangup", call=n)
        ok(d.state(n) == "ending", "hung up in an outage")
    outage(d, phone, hang_up)
    ok(until(lambda: a.count("BYE") and d.state(n) is None),
       "the BYE goes out after it")
    ok(a.count("BYE") == 1 and not b.seen and d.counter("failovers") == 0,
       "once, and nowhere else")


def test_too_long(d, phone, a):
    """64*T1 is what it may take."""
    before = a.count("INVITE")
    phone.ip("link", "set", "eth0", "down")
    until(lambda: held(d))
    n = d.dial()
    ok(d.state(n) == "dialing" and until(lambda: d.state(n) is None, 20),
       "an outage that is too long ends the call")
    phone.ip("link", "set", "eth0", "up")
    ok(until(lambda: not held(d)) and a.count("INVITE") == before,
       "and the INVITE is not sent after all")


def main():
    phone = Phone()
    phone.ip("link", "set", "lo", "up")
    wire(phone, "eth0", [A + "/24", B + "/24"], "192.0.2.9/24")
    a, b = TcpServer(A), TcpServer(B)
    d = Daemon(servers="\n".join(f"server {{ address = '{s}' transport = tcp }}"
                                 for s in (A, B)),
               local="0.0.0.0", t1=100, wrap=phone.enter,
               line="failback_interval = 0")
    ok(until(lambda: registered_at(d, A)), "registered over TCP")
    n = test_invite(d, phone, a, b)
    test_bye(d, phone, a, b, n)
    test_too_long(d, phone, a)
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    phone.end()
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
