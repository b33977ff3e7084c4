#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon sends only to see that its servers are there: OPTIONS (C-07),
CRLF and STUN (R-46), and what it makes of the answers.

usage: sipoverd_keep_test.py BUILD      (in a network namespace of its own)
"""
import socket
import struct
import sys
import zlib

from sipoverd_lab import (A, A6, B, PHONE, STRANGER, Daemon, Server, ok,
                          points, registered_at, request, until)

COOKIE = 0x2112A442
FAST = "udp_keepalive_interval = 1\n"


def stun_answer(ident, ip, port, fingerprint=True, spoil=0):
    """A Binding success response that maps to ip and port."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    mask = struct.pack("!I", COOKIE) + ident
    address = bytes(x ^ y for x, y in zip(socket.inet_pton(family, ip), mask))
    attribute = struct.pack("!HHBBH", 0x20, 4 + len(address), 0,
                            2 if ":" in ip else 1,
                            port ^ COOKIE >> 16) + address
    length = len(attribute) + 8 * fingerprint
    data = struct.pack("!HHI", 0x101, length, COOKIE) + ident + attribute
    if fingerprint:
        crc = zlib.crc32(data) ^ 0x5354554e ^ spoil
        data += struct.pack("!HHI", 0x8028, 4, crc)
    return data


class KeepServer(Server):
    """A registrar that answers STUN on its SIP port."""

    def __init__(self, ip, **kwargs):
        self.stun, self.crlf = [], 0
        self.mapped = ("192.0.2.77", 4000)
        self.stun_answers = True
        self.nat = None     # what it shows as received and rport
        super().__init__(ip, **kwargs)

    def readable(self):
        data = self.sock.recv(65536, socket.MSG_PEEK)
        if data[:1] >= b"@":
            super().readable()
            return
        data, peer = self.sock.recvfrom(65536)
        if data == b"\r\n\r\n":
            self.crlf += 1
            return
        kind, length, cookie = struct.unpack("!HHI", data[:8])
        assert (kind, length, cookie, len(data)) == (1, 0, COOKIE, 20), data
        self.stun.append(data[8:])
        if self.stun_answers:
            self.sock.sendto(stun_answer(data[8:], *self.mapped), peer)


    def answer(self, m, peer, status, *rest, **kwargs):
        if self.nat:
            m.headers = [(k, v.replace(";rport", ";received=%s;rport=%d" %
                                       self.nat) if k == "Via" else v)
                         for k, v in m.headers]
        super().answer(m, peer, status, *rest, **kwargs)


def silent(server, *methods):
    for method in methods:
        server.script[method] = lambda m, p: None


def test_options(a, b):
    d = Daemon(top="options_interval = 1", t1=20)
    until(lambda: registered_at(d, A))
    ok(until(lambda: a.count("OPTIONS") >= 2), "OPTIONS goes to the working "
       "server again and again (C-07)")
    ok(not b.seen, "none to the backup")
    a.script["OPTIONS"] = lambda m, p: a.answer(m, p, "404 Not Found")
    n, registers = a.count("OPTIONS"), a.count("REGISTER")
    until(lambda: a.count("OPTIONS") >= n + 2)
    ok(a.count("REGISTER") == registers and registered_at(d, A),
       "an error is an answer too (R-11)")

    silent(a, "OPTIONS")
    ok(until(lambda: a.count("REGISTER") > registers) and registered_at(d, A),
       "OPTIONS without an answer has the line register (C-06)")
    until(lambda: registered_at(d, A))
    ok(not b.seen, "which a server that lives may keep")
    silent(a, "OPTIONS", "REGISTER")
    ok(until(lambda: registered_at(d, B)),
       "one that does not loses the line to the backup (F-22)")
    ok(b.seen[0].method == "REGISTER", "by its REGISTER, not by OPTIONS (F-19)")
    n = a.count("OPTIONS")
    ok(until(lambda: b.count("OPTIONS") >= 2),
       "then OPTIONS goes to the backup")
    a.script.clear()
    d.end()


def test_crlf(a, b):
    d = Daemon(top=FAST + "udp_keepalive = crlf", t1=20)
    until(lambda: registered_at(d, A))
    ok(until(lambda: a.crlf >= 3), "CRLF goes where the line is bound (R-46)")
    ok(not b.crlf and not a.stun, "only there, and no STUN")
    ok(d.counter("tx_keepalive") >= 3, "and is counted")
    d.end()


def test_stun(a):
    d = Daemon(top=FAST + "udp_keepalive = stun", t1=20)
    until(lambda: registered_at(d, A))
    ok(until(lambda: len(a.stun) >= 3), "STUN goes where the line is bound")
    ok(len(set(a.stun)) == len(a.stun), "each time with another id")
    registers = a.count("REGISTER")
    a.mapped = ("192.0.2.77", 4001)
    ok(until(lambda: a.count("REGISTER") > registers),
       "another mapped address: the line registers (R-46)")
    until(lambda: registered_at(d, A))
    registers, n = a.count("REGISTER"), len(a.stun)
    until(lambda: len(a.stun) > n + 1)
    ok(a.count("REGISTER") == registers, "once")

    # Answers that must not count: the id is known, yet another sender.
    a.stun_answers = False
    n = len(a.stun)
    until(lambda: len(a.stun) > n)
    ident, peer = a.stun[-1], (PHONE, 5060)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((STRANGER, 5060))
    before = {c: d.counter(c) for c in ("rx_foreign", "rx_unmatched",
                                        "rx_stun_bad")}
    stranger.sendto(stun_answer(ident, "192.0.2.66", 666), peer)
    a.sock.sendto(stun_answer(b"x" * 12, "192.0.2.66", 666), peer)
    a.sock.sendto(stun_answer(ident, "192.0.2.66", 666, spoil=1), peer)
    ok(until(lambda: all(d.counter(c) == n + 1 for c, n in before.items())),
       "a stranger's answer, a guessed id, a wrong fingerprint: counted")
    ok(a.count("REGISTER") == registers, "and nothing else")
    stranger.close()

    ok(until(lambda: a.count("OPTIONS") > 0),
       "silence after answers is a reason to ask by OPTIONS (sign 11)")
    ok(until(lambda: a.stun.count(ident) == 7), "after seven sends (R-49)")
    ok(until(lambda: a.crlf > 0, 15), "after another round CRLF takes over")
    ok(registered_at(d, A), "and the server keeps the line")
    status, log = d.end()
    ok(log.count("stun unanswered") == 1, "which is said once")
    ok("nat mapping changed server=%s:5060;udp mapped=192.0.2.77:4001" % A
       in log, "as is the new mapping")


def test_two_flows(a, b):
    """Each flow is kept alive, and ends, by itself (R-43)."""
    del a.seen[:], b.seen[:], a.stun[:], b.stun[:]
    d = Daemon("registration = concurrent outbound = yes", t1=20,
               top=FAST + "udp_keepalive = stun")
    ok(until(lambda: len(a.stun) >= 2 and len(b.stun) >= 2),
       "two flows: STUN keeps both alive (R-43)")
    flow_b = b.last("REGISTER")
    ok(a.last("REGISTER").get("Contact").endswith(";reg-id=1") and
       flow_b.get("Contact").endswith(";reg-id=2"), "each with its reg-id")
    at_a, at_b = a.count("REGISTER"), b.count("REGISTER")
    b.mapped = ("192.0.2.77", 4001)
    ok(until(lambda: b.count("REGISTER") > at_b),
       "the backup's mapping changes: that flow registers anew")
    again, n = b.last("REGISTER"), len(a.stun)
    ok(again.get("Call-ID") == flow_b.get("Call-ID") and
       again.get("Contact").endswith(";reg-id=2"), "by what names it")
    until(lambda: len(a.stun) > n)
    ok(a.count("REGISTER") == at_a and registered_at(d, A),
       "and the other one stays as it is")
    d.end()


def granting(server, *extra, keep=None):
    """Its 200 to a REGISTER has these headers, and a value in Via's keep."""
    def answer(m, peer):
        if keep:
            m.headers = [(k, v.replace(";keep", ";keep=" + keep) if k == "Via"
                          else v) for k, v in m.headers]
        server.answer(m, peer, "200 OK", ["Contact: %s;expires=300" %
                                          m.get("Contact"), *extra])
    server.script["REGISTER"] = answer


def test_pace(a):
    """How often the server wants keep-alives."""
    def registered_with(line="", top="", *extra, **kwargs):
        granting(a, *extra, **kwargs)
        a.stun, a.crlf = [], 0
        del a.seen[:]
        d = Daemon(line, top=top, t1=20)
        until(lambda: registered_at(d, A))
        return d

    d = registered_with("outbound = 1", "", "Flow-Timer: 1")
    ok(until(lambda: len(a.stun) >= 3, 4),
       "Flow-Timer has STUN sent as often, though it is off (R-44)")
    ok(";keep" not in a.last("REGISTER").get("Via"), "and keep not offered")
    d.end()
    for name, line, top, extra, keep in (
            ("without outbound Flow-Timer is not for us", "", "",
             "Flow-Timer: 1", None),
            ("a Flow-Timer that is no number is none", "outbound = 1", "",
             "Flow-Timer: soon", None),
            ("keep that was not offered says nothing", "", "", "X: y", "1")):
        d = registered_with(line, top + "options_interval = 1", extra,
                            keep=keep)
        until(lambda: a.count("OPTIONS") >= 3)
        ok(registered_at(d, A) and not a.stun and not a.crlf, name)
        d.end()
    d = registered_with("", "udp_keepalive = crlf", keep="1")
    ok(";keep" in a.last("REGISTER").get("Via"), "keep is offered (R-48)")
    ok(until(lambda: a.crlf >= 3, 4), "and its value is the pace")
    d.end()
    a.script.clear()


def test_no_stun(a):
    """A server that does not do STUN is not suspected."""
    a.stun_answers, a.crlf = False, 0
    del a.seen[:]
    d = Daemon(top=FAST + "udp_keepalive = stun", t1=10)
    until(lambda: registered_at(d, A))
    ok(until(lambda: a.crlf > 1, 15), "a server without STUN gets CRLF")
    ok(not a.count("OPTIONS") and registered_at(d, A), "and is not suspected")
    d.end()
    a.stun_answers = True


def test_refused(a, b):
    """No request is out, and still the end of the server is seen."""
    d = Daemon(top=FAST + "udp_keepalive = stun", t1=100)
    until(lambda: registered_at(d, A))
    n = len(a.stun)
    until(lambda: len(a.stun) > n)
    del b.seen[:]
    a.down()
    ok(until(lambda: registered_at(d, B), 3),
       "an ICMP error that quotes STUN moves the idle line")
    ok(b.count("OPTIONS") == 0, "at once")
    d.end()
    a.up()


def contacts(server):
    """Without what the phone says of itself (R-42)."""
    return [m.get("Contact").split(">")[0] + ">" for m in server.seen
            if m.method == "REGISTER"]


def test_nat_contact(a):
    a.nat = ("192.0.2.50", 6000)
    del a.seen[:]
    d = Daemon(top="nat_contact = true options_interval = 1", t1=50)
    ok(until(lambda: registered_at(d, A)) and
       contacts(a) == [f"<sip:alice@{PHONE}:5060>",
                       "<sip:alice@192.0.2.50:6000>"],
       "the answer to a challenge names the address that it showed (R-54)")
    a.sock.sendto(request("INVITE", 1, "n1", "sip:alice@192.0.2.50:6000",
                          call_id="nat"), (PHONE, 5060))
    ok(until(lambda: d.incoming() is not None), "a call finds the way back")
    d.call("hangup", call=d.incoming())
    a.nat = ("192.0.2.50", 6001)
    ok(until(lambda: contacts(a)[2:] == ["<sip:alice@192.0.2.50:6001>"]),
       "another port in an answer: the line registers that one")
    a.nat = ("192.0.2.50", 6002)
    n = a.count("OPTIONS")
    until(lambda: a.count("OPTIONS") > n + 2)
    ok(len(contacts(a)) == 3, "once; a third one so soon is not believed")
    d.end()


def test_nat_first(a):
    """No challenge, the 200 tells."""
    a.nat = ("192.0.2.50", 6000)
    a.script["REGISTER"] = lambda m, p: a.answer(
        m, p, "200 OK", ["Contact: %s;expires=300" % m.get("Contact")])
    del a.seen[:]
    d = Daemon(top="nat_contact = true options_interval = 1", t1=50)
    ok(until(lambda: contacts(a)[1:] == ["<sip:alice@192.0.2.50:6000>"]),
       "a 200 that shows another address has the line register it")
    until(lambda: a.count("OPTIONS") > 1)
    ok(len(contacts(a)) == 2 and registered_at(d, A), "once")
    d.end()

    del a.seen[:]
    d = Daemon(top="options_interval = 1", t1=50)
    until(lambda: a.count("OPTIONS") > 0)
    ok(len(contacts(a)) == 1, "without nat_contact it need not")
    a.nat = ("192.0.2.50", 6001)
    ok(until(lambda: len(contacts(a)) == 2),
       "but a change shows that the binding's way is gone")
    n = a.count("OPTIONS")
    until(lambda: a.count("OPTIONS") > n + 1)
    ok(contacts(a) == [f"<sip:alice@{PHONE}:5060>"] * 2, "once")
    d.end()
    a.nat = None
    a.script.clear()


def test_late(a, b):
    """A request without an answer: OPTIONS asks long before its time is over,
    and the server, which answers that, keeps the line (R-70)."""
    d = Daemon(top="suspect_after = 50", t1=500)
    until(lambda: registered_at(d, A))
    del a.seen[:], b.seen[:]
    silent(a, "REGISTER")
    d.call("register", line="alice")
    ok(until(lambda: a.count("OPTIONS") > 0, 3) and
       a.count("REGISTER") == 1, "OPTIONS asks before REGISTER is repeated")
    ok(until(lambda: a.count("REGISTER") == 2) and not b.seen,
       "and takes nothing away from the server that answers it (sign 20)")
    ok(a.count("OPTIONS") == 1, "once")
    a.script.clear()
    until(lambda: registered_at(d, A))
    d.end()


def test_v6():
    a6 = KeepServer(A6)
    a6.mapped = ("2001:db8::77", 4000)
    d = Daemon(top=FAST + "udp_keepalive = stun", v6=True, t1=20)
    until(lambda: registered_at(d, A6))
    until(lambda: len(a6.stun) >= 2)
    registers = a6.count("REGISTER")
    a6.mapped = ("2001:db8::78", 4000)
    ok(until(lambda: a6.count("REGISTER") > registers),
       "IPv6: a new mapping is a new registration")
    d.end()


def main():
    a, b = KeepServer(A), KeepServer(B)
    test_options(a, b)
    del a.seen[:], b.seen[:]
    test_crlf(a, b)
    del a.seen[:], a.stun[:]
    a.crlf = 0
    test_stun(a)
    test_two_flows(a, b)
    test_no_stun(a)
    test_pace(a)
    test_refused(a, b)
    test_nat_contact(a)
    test_nat_first(a)
    test_late(a, b)
    test_v6()
    print(f"1..{points[0]}")
    return points[1] > 0


sys.exit(main())
