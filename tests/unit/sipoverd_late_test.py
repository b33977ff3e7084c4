#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A TCP server whose answer is late: what its TCP has done with the request
(signs table, 8 and 21).

usage: sipoverd_late_test.py BUILD      (in a network namespace of its own)
"""
import socket
import sys

from sipoverd_lab import (A, B, Daemon, Server, framed, ok, points,
                          registered_at, servers, until)

# More than a shut window of a small buffer takes.
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\n"
       "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + 30 * ("a=x:" + 900 * "y" +
                                                       "\r\n"))


class TcpServer(Server):
    """A registrar on TCP for one connection, which can stop reading."""
    def up(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind((self.ip, 5060))
        self.listener.listen()
        self.sock, self.connection, self.data = self.listener, None, b""
        self.mute = False

    def authorised(self, m):
        return True

    def sendto(self, data, _):
        self.connection.sendall(data)

    def readable(self):
        if self.sock is self.listener:
            self.connection = self.sock = self.listener.accept()[0]
            self.data = b""
            return
        got = self.sock.recv(65536)
        if not got:
            self.sock.close()
            self.sock = self.listener
            return
        m, self.data = framed(self.data + got)
        if not m:
            return
        self.seen.append(m)
        if not self.mute and m.method != "ACK":
            self.answer(m, None, "200 OK", ["Contact: %s;expires=300" %
                                            m.get("Contact")])

    def answer(self, *args, **kwargs):
        sock, self.sock = self.sock, self
        super().answer(*args, **kwargs)
        self.sock = sock

    def stop_reading(self):
        servers.remove(self)

    def end(self):
        if self in servers:
            servers.remove(self)
        if self.connection:
            self.connection.close()
        self.listener.close()


def start(a):
    d = Daemon(servers=f"server {{ address = '{A}' transport = tcp }}\n"
               f"    server {{ address = '{B}' }}",
               top="suspect_after = 500 options_interval = 0", t1=500)
    ok(until(lambda: registered_at(d, A)), "registered by TCP")
    return d


def log_of(d):
    d.log.flush()
    with open(d.dir + "/log", errors="replace") as f:
        return f.read()


def finish(d, what):
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, what + ": ends well")
    return log


def test_taken():
    a = TcpServer(A)
    d = start(a)
    a.mute = True
    d.call("register", line="alice")
    ok(until(lambda: "answer late" in log_of(d)), "a late answer is seen")
    ok(f"answer late server={A}:5060;tcp tcp=taken" in log_of(d),
       "TCP has taken the request (sign 21)")
    ok(until(lambda: "cause=unanswered" in log_of(d)) and
       until(lambda: a.count("OPTIONS") == 1),
       "so the server is asked")
    a.mute = False
    finish(d, "taken")
    a.end()


def test_shut():
    a, b = TcpServer(A), Server(B)
    d = start(a)
    a.stop_reading()
    d.call("call", line="alice", uri="sip:callee@example.com", sdp=SDP)
    ok(until(lambda: "tcp=shut" in log_of(d)),
       "it does not read: its window is shut")
    ok("cause=tcp_zero_window" not in log_of(d) and
       "cause=unanswered" not in log_of(d), "which is no sign at first")
    ok(until(lambda: "cause=tcp_zero_window" in log_of(d)),
       "but is one after 5 s (sign 8)")
    ok(log_of(d).count("tcp=shut") == 2, "looked at twice, not more")
    ok(until(lambda: b.count("INVITE") > 0), "then the call goes elsewhere")
    finish(d, "shut")
    a.end()
    b.down()
    servers.remove(b)


def test_opened():
    """It reads again before that."""
    a = TcpServer(A)
    d = start(a)
    a.stop_reading()
    d.call("call", line="alice", uri="sip:callee@example.com", sdp=SDP)
    until(lambda: "tcp=shut" in log_of(d))
    servers.append(a)
    ok(until(lambda: a.count("INVITE") == 1), "it reads again")
    a.mute = True
    d.call("register", line="alice")
    ok(until(lambda: log_of(d).count("answer late") >= 2),
       "the next late answer")
    ok(log_of(d).count("tcp=shut") == 1 and
       "cause=tcp_zero_window" not in log_of(d), "is another matter")
    finish(d, "opened")
    a.end()


def main():
    test_taken()
    test_shut()
    test_opened()
    print(f"1..{points[0]}")
    return points[1] > 0


sys.exit(main())
