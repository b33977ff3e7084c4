#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Requests that are too large for a datagram (R-25): by TCP to the UDP server's
port, and by UDP where there is no TCP.

usage: sipoverd_upsize_test.py BUILD      (in a network namespace of its own)
"""
import socket
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, framed, ok, points,
                          registered_at, request, servers, until)

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\n"
       "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + "a=x:" + 1400 * "y" + "\r\n")


class Connection:
    """One that the phone opened."""
    def __init__(self, server, sock):
        self.server, self.sock, self.data = server, sock, b""
        servers.append(self)

    def close(self):
        self.sock.close()
        self.sock = None
        servers.remove(self)

    def readable(self):
        got = self.sock.recv(65536)
        if not got:
            self.close()
            return
        m, self.data = framed(self.data + got)
        if m:
            self.server.take(m, self)


class Listener:
    def __init__(self, server):
        self.server = server
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((server.ip, 5060))
        self.sock.listen()
        servers.append(self)

    def readable(self):
        Connection(self.server, self.sock.accept()[0])

    def close(self):
        self.sock.close()
        servers.remove(self)


class BothServer(Server):
    """On UDP, and on TCP while it has a Listener; does not challenge."""
    def __init__(self, ip):
        self.by_tcp, self.on_tcp = [], None
        super().__init__(ip)

    def authorised(self, m):
        return True

    def take(self, m, connection):
        self.by_tcp.append(m)
        if m.method == "SIP/2.0":
            return
        if self.on_tcp:
            self.on_tcp(m, connection)
        elif m.method == "INVITE":
            self.answer(m, connection, "200 OK",
                        [f"Contact: <sip:callee@{self.ip}:5060>"], "callee")
        elif m.method != "ACK":
            self.answer(m, connection, "200 OK",
                        ["Contact: %s;expires=300" % m.get("Contact")])

    def answer(self, m, peer, *rest, **kwargs):
        if not isinstance(peer, Connection):
            super().answer(m, peer, *rest, **kwargs)
            return
        udp, self.sock = self.sock, self
        self.sendto = lambda data, peer: peer.sock.sendall(data)
        super().answer(m, peer, *rest, **kwargs)
        self.sock = udp

    def forget(self):
        self.seen, self.by_tcp, self.on_tcp = [], [], None


def dial(d, sdp=SDP):
    return d.call("call", line="alice", uri="sip:callee@example.com",
                  sdp=sdp)["result"]["call"]


def started(a, **kwargs):
    a.forget()
    d = Daemon(**kwargs)
    until(lambda: registered_at(d, A))
    return d


def finish(d, what):
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, what + ": ends well")
    return log


def test_tcp(a):
    listener = Listener(a)
    d = started(a)
    call = dial(d)
    ok(until(lambda: d.state(call) == "up"), "a large INVITE: the call is up")
    ok([m.method for m in a.by_tcp] == ["INVITE"] and not a.count("INVITE"),
       "which went by TCP to the UDP server's port (R-25)")
    via = a.by_tcp[0].get("Via")
    ok(via.startswith("SIP/2.0/TCP ") and a.by_tcp[0].body == SDP,
       "as its Via says, whole")
    ok(until(lambda: a.count("ACK") == 1), "the ACK, small, by UDP")
    d.call("hangup", call=call)
    ok(until(lambda: a.count("BYE") == 1), "as is the BYE")
    a.forget()
    call = dial(d, SDP[:200])
    ok(until(lambda: a.count("INVITE") == 1) and not a.by_tcp,
       "a small INVITE stays a datagram")
    until(lambda: d.state(call) == "up")

    a.on_tcp = lambda m, c: a.answer(m, c, "486 Busy Here") \
        if m.method == "INVITE" else None
    dial(d)
    ok(until(lambda: [m.method for m in a.by_tcp] == ["INVITE", "ACK"]) and
       a.by_tcp[1].branch() == a.by_tcp[0].branch(),
       "the ACK of a refusal goes the way of its INVITE")

    a.by_tcp = []
    a.on_tcp = lambda m, c: a.answer(m, c, "180 Ringing") \
        if m.method == "INVITE" else a.answer(m, c, "200 OK")
    call = dial(d)
    until(lambda: d.state(call) == "ringing")
    d.call("hangup", call=call)
    ok(until(lambda: len(a.by_tcp) == 2) and
       a.by_tcp[1].method == "CANCEL", "and so does a CANCEL")
    listener.close()
    finish(d, "by TCP")


def test_refused(a, b):
    b.forget()
    d = started(a)
    call = dial(d)
    ok(until(lambda: d.state(call) == "up"), "no TCP there: the call is up")
    ok(a.count("INVITE") == 1 and not b.seen,
       "by UDP to the same server, and no other is asked (R-25)")
    ok(a.last("INVITE").get("Via").startswith("SIP/2.0/UDP ") and
       a.last("INVITE").body == SDP, "the same request with UDP's Via")
    health = d.line()["servers"][0]["health"]
    ok(health == "up", "whose health is untouched: " + health)
    wide = d.counter("tx_wide")
    listener = Listener(a)
    call = dial(d)
    ok(until(lambda: d.state(call) == "up") and not a.by_tcp and
       d.counter("tx_wide") == wide == 1, "TCP is not tried again so soon")
    listener.close()
    log = finish(d, "no TCP")
    ok(log.count("request by udp after all method=INVITE") == 1,
       "and the log says why")


def test_closed(a, b):
    """It takes the connection, and closes it."""
    b.forget()
    listener = Listener(a)
    d = started(a)
    a.on_tcp = lambda m, c: c.close()
    call = dial(d)
    ok(until(lambda: d.state(call) == "up") and len(a.by_tcp) == 1 and
       a.count("INVITE") == 1 and not b.seen,
       "a connection that ends before the answer: UDP, same server")
    ok(a.last("INVITE").get("CSeq") == a.by_tcp[0].get("CSeq") and
       a.last("INVITE").branch() != a.by_tcp[0].branch(),
       "the same CSeq, so that a second copy is known as such, a new branch")
    listener.close()
    finish(d, "closed")


def test_silent(a, b):
    """It takes the request by TCP and says nothing: that is its own fault."""
    b.forget()
    listener = Listener(a)
    d = started(a, t1=20)
    a.on_tcp = lambda m, c: None
    dial(d)
    ok(until(lambda: b.count("INVITE") == 1) and not a.count("INVITE"),
       "taken by TCP and not answered: the next server")
    listener.close()
    finish(d, "silent")


def test_unanswered(a, b):
    """Nobody answers the connect: a full backlog drops it."""
    a.forget(), b.forget()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((A, 5060))
    listener.listen(0)
    full = [socket.socket() for _ in range(4)]
    for s in full:
        s.setblocking(False)
        s.connect_ex((A, 5060))
    d = started(a)
    call = dial(d)
    ok(until(lambda: d.state(call) == "up") and a.count("INVITE") == 1 and
       not b.seen, "a connect that nobody answers: UDP, same server")
    ok(d.line()["servers"][0]["health"] == "up", "which is none the worse")
    for s in [listener, *full]:
        s.close()
    finish(d, "unanswered")


def invite(number, port=5060):
    return request("INVITE", 1, f"back{number}", call_id=f"back{number}",
                   extra="Content-Type: application/sdp\r\n",
                   body=SDP[:60]).replace(
        b"/UDP 127.0.0.1:5060", b"/TCP 127.0.0.1:%d" % port)


def called(d, a, number, port=5060):
    """The server calls by a connection that it closes before the answer."""
    a.by_tcp = []
    before = d.counter("rx_requests")
    with socket.socket() as s:
        s.bind((A, 0))
        s.connect((PHONE, 5060))
        s.sendall(invite(number, port))
        until(lambda: d.incoming() is not None and
              d.counter("rx_requests") > before)
    until(lambda: not [1 for s in open_flows(d)])
    d.call("answer", call=d.incoming())


def open_flows(d):
    """Those that the phone has accepted and not closed yet."""
    with open(f"/proc/{d.proc.pid}/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    # Own port 5060, established or waiting for the close.
    return [r for r in rows if r[1] == "0900007F:13C4" and
            r[3] in ("01", "08")]


def responses(a, number):
    """To that call: a 200 without its ACK is repeated for a while."""
    return [m.start for m in a.by_tcp if m.method == "SIP/2.0" and
            m.get("Call-ID") == f"back{number}"]


def test_response(a):
    """R-26, 18.2.2: where a response goes when its connection is gone."""
    for transport in ("udp", "tcp"):
        listener = Listener(a)
        a.on_tcp = None
        d = started(a, servers=f"server {{ address = '{A}' "
                    f"transport = {transport} }}")
        a.on_tcp = lambda m, c: None
        called(d, a, 1)
        ok(until(lambda: responses(a, 1)[:1] == ["SIP/2.0 200 OK"]),
           f"{transport}: by another connection to the port of its Via")
        d.call("hangup", call=d.status()["calls"][0]["call"])
        a.on_tcp = None
        lost = d.counter("responses_lost")
        called(d, a, 3, 6000)
        ok(until(lambda: d.counter("responses_lost") > lost) and
           not responses(a, 3), "not to a port that is no server of ours")
        listener.close()
        finish(d, "responses by " + transport)


def test_off(a):
    listener = Listener(a)
    d = started(a, top="tcp_above = 0")
    call = dial(d)
    ok(until(lambda: d.state(call) == "up") and not a.by_tcp,
       "tcp_above = 0: a datagram of any size")
    d.end()
    a.forget()
    d = started(a, top="tcp_above = 200")
    a.on_tcp = lambda m, c: a.answer(m, c, "200 OK", [
        "Contact: %s;expires=300" % m.get("Contact")])
    ok(until(lambda: registered_at(d, A)) and a.by_tcp and
       a.by_tcp[0].method == "REGISTER", "a REGISTER above it, too")
    listener.close()
    finish(d, "limits")


def main():
    a, b = BothServer(A), BothServer(B)
    test_tcp(a)
    test_refused(a, b)
    test_closed(a, b)
    test_silent(a, b)
    test_unanswered(a, b)
    test_response(a)
    test_off(a)
    print(f"1..{points[0]}")
    return points[1] > 0


sys.exit(main())
