#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as a process: real sockets, real ICMP of the loopback device, and
small servers that check what they are sent.  TAP on stdout.

usage: sipoverd_test.py BUILD      (in a network namespace of its own)
"""
import hashlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
PHONE, A, B, STRANGER = "127.0.0.9", "127.0.0.1", "127.0.0.2", "127.0.0.66"
points = [0, 0]


def ok(cond, name):
    points[0] += 1
    points[1] += not cond
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}", flush=True)
    return bool(cond)


def until(cond, seconds=10):
    end = time.monotonic() + seconds
    while not cond():
        if time.monotonic() > end:
            return False
        pump(0.02)
    return True


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode("latin-1").partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.method = self.start.split(" ")[0]
        self.headers = [tuple(x.strip() for x in line.split(":", 1))
                        for line in lines]

    def get(self, name):
        return next((v for k, v in self.headers
                     if k.lower() == name.lower()), None)

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def branch(self):
        return re.search(r"branch=([^;,\s]+)", self.get("Via"))[1]

    def tag(self, name):
        m = re.search(r";tag=([^;>\s]+)", self.get(name))
        return m and m[1]


servers = []


def pump(timeout):
    ready, _, _ = select.select([s.sock for s in servers if s.sock], [], [],
                                timeout)
    for s in list(servers):
        if s.sock in ready:
            s.readable()


class Server:
    """A registrar and callee on UDP.  Challenges once with `algorithm`."""

    def __init__(self, ip, algorithm="SHA-256"):
        self.ip, self.algorithm = ip, algorithm
        self.sock, self.seen, self.script = None, [], {}
        self.nonce = 0
        self.bad_digest = 0
        servers.append(self)
        self.up()

    def up(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.ip, 5060))

    def down(self):
        self.sock.close()
        self.sock = None

    def readable(self):
        data, peer = self.sock.recvfrom(65536)
        m = Message(data)
        self.seen.append(m)
        if m.method == "SIP/2.0" or m.method == "ACK":
            return
        if m.method in self.script:
            self.script[m.method](m, peer)
        elif m.method in ("REGISTER", "INVITE") and not self.authorised(m):
            self.nonce += 1
            self.answer(m, peer, "401 Unauthorized", [
                'WWW-Authenticate: Digest realm="t", nonce="n%d", qop="auth", '
                'algorithm=%s' % (self.nonce, self.algorithm)])
        elif m.method == "INVITE":
            self.answer(m, peer, "100 Trying")
            self.answer(m, peer, "180 Ringing", tag="callee")
            self.answer(m, peer, "200 OK",
                        ["Contact: <sip:callee@%s:5060>" % self.ip,
                         "Record-Route: <sip:10.0.0.1;lr>"], "callee")
        else:
            self.answer(m, peer, "200 OK", ["Contact: %s;expires=300" %
                                            m.get("Contact")]
                        if m.method == "REGISTER" else [])

    def authorised(self, m):
        value = m.get("Authorization")
        if not value:
            return False
        f = dict(re.findall(r'(\w+)="?([^",]*)"?', value))
        h = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[self.algorithm]

        def hx(s):
            return h(s.encode()).hexdigest()
        want = hx(":".join([hx("alice:t:pw"), f["nonce"], f["nc"], f["cnonce"],
                            "auth", hx(m.method + ":" + f["uri"])]))
        self.bad_digest += want != f["response"]
        return want == f["response"]

    def answer(self, m, peer, status, extra=(), tag="srv"):
        to = m.get("To")
        if ";tag=" not in to and not status.startswith("100"):
            to += ";tag=" + tag
        lines = ["SIP/2.0 " + status]
        lines += ["Via: " + v for v in m.all("Via")]
        lines += ["From: " + m.get("From"), "To: " + to,
                  "Call-ID: " + m.get("Call-ID"), "CSeq: " + m.get("CSeq")]
        lines += list(extra) + ["Content-Length: 0", "", ""]
        self.sock.sendto("\r\n".join(lines).encode(), peer)

    def count(self, method):
        return sum(m.method == method for m in self.seen)

    def last(self, method):
        return [m for m in self.seen if m.method == method][-1]


class Daemon:
    def __init__(self, extra="", line=""):
        self.dir = tempfile.mkdtemp()
        self.path = self.dir + "/control.sock"
        conf = self.dir + "/conf"
        with open(conf, "w") as f:
            f.write(f"""control = '{self.path}'
local_v4 = '{PHONE}'
local_v6 = ''
detect = sockets
t1 = 100
probe_interval = 0
{extra}
line "alice" {{
    user = alice
    domain = example.com
    password = 'pw'
    profile = fanvil
    {line}
    server {{ address = '{A}' }}
    server {{ address = '{B}' }}
}}
""")
        self.log = open(self.dir + "/log", "w+")
        self.proc = subprocess.Popen([BUILD + "/sipoverd", "-c", conf],
                                     stderr=self.log)
        self.rpc_sock = None
        until(lambda: self.proc.poll() is not None or self.connect())

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(self.path)
        except OSError:
            s.close()
            return False
        s.setblocking(False)
        self.rpc_sock, self.rx = s, b""
        return True

    def raw(self, data, sock=None):
        """Sends bytes, returns the next line or None when cut off."""
        s = sock or self.rpc_sock
        end = time.monotonic() + 5
        while data and time.monotonic() < end:
            try:
                data = data[s.send(data):]
            except BlockingIOError:
                pump(0.01)
            except OSError:
                return None
        while b"\n" not in self.rx and time.monotonic() < end:
            pump(0.005)
            try:
                got = s.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                return None
            if not got:
                return None
            self.rx += got
        line, _, self.rx = self.rx.partition(b"\n")
        return line

    def call(self, method, **params):
        line = self.raw(json.dumps({"jsonrpc": "2.0", "id": 1,
                                    "method": method,
                                    "params": params}).encode() + b"\n")
        return json.loads(line)

    def status(self):
        return self.call("status")["result"]

    def line(self):
        return self.status()["lines"][0]

    def counter(self, name):
        return self.call("stats")["result"]["counters"][name]

    def state(self, number):
        for c in self.status()["calls"]:
            if c["call"] == number:
                return c["state"]
        return None

    def end(self):
        self.proc.send_signal(signal.SIGTERM)
        until(lambda: self.proc.poll() is not None, 5)
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.log.seek(0)
        return self.proc.returncode, self.log.read()


def registered_at(d, ip):
    line = d.line()
    return line["state"] == "registered" and \
        (line["working"] or "").startswith(ip)


def request(method, cseq, branch, uri="sip:alice@" + PHONE, tag="",
            call_id="far@end", extra="", body=""):
    to = f"<sip:alice@example.com>{';tag=' + tag if tag else ''}"
    return (f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {A}:5060;branch=z9hG4bK{branch}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=far\r\n"
            f"To: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:bob@{A}:5060>\r\n{extra}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def test_calls(d, a):
    n = d.call("call", line="alice", uri="sip:callee@example.com")
    n = n["result"]["call"]
    ok(until(lambda: d.state(n) == "up"), "a call comes up")
    ok(until(lambda: a.count("ACK") >= 1), "its 200 is ACKed")
    ok(a.count("INVITE") == 1 and a.bad_digest == 0,
       "with the credentials of the registration: no second challenge")
    ack = a.last("ACK")
    ok(ack.get("Route") == "<sip:10.0.0.1;lr>" and
       ack.start.startswith("ACK sip:callee@" + A),
       "the ACK has the route set and the remote target")
    ok("m=audio" in a.last("INVITE").body, "a default offer was made")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE") == 1 and d.state(n) is None),
       "hanging up sends BYE and ends the call")
    ok(a.last("BYE").get("Route") == "<sip:10.0.0.1;lr>",
       "the BYE has the route set")


def test_cancel(d, a):
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p)) or a.answer(
        m, p, "180 Ringing", tag="callee")
    n = d.call("call", line="alice", uri="sip:callee@example.com")
    n = n["result"]["call"]
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("CANCEL") == 1), "hanging up then CANCELs")
    ok(a.last("CANCEL").branch() == held[0][0].branch(),
       "CANCEL has the branch of its INVITE (R-05)")
    a.answer(*held[0], "487 Request Terminated", tag="callee")
    ok(until(lambda: d.state(n) is None), "487 ends the call")
    del a.script["INVITE"]


def test_incoming(d, a):
    peer = (PHONE, 5060)
    a.sock.sendto(request("INVITE", 1, "in1"), peer)
    ok(until(lambda: d.state_of_incoming() is not None), "a call comes in")
    n = d.state_of_incoming()
    ok(until(lambda: any(m.start.startswith("SIP/2.0 180")
                         for m in a.seen)), "180 is sent")
    before = len(a.seen)
    a.sock.sendto(request("INVITE", 1, "in1"), peer)
    ok(until(lambda: len(a.seen) > before) and
       a.seen[-1].start.startswith("SIP/2.0 180") and
       len(d.status()["calls"]) == 1, "a repeated INVITE is no second call")
    a.sock.sendto(request("INVITE", 1, "in2"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 482")),
       "a merged copy gets 482 (R-04)")
    d.call("answer", call=n)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 200")), "200")
    tag = a.seen[-1].tag("To")
    ok(until(lambda: sum(m.start.startswith("SIP/2.0 200")
                         for m in a.seen) >= 2, 5),
       "the 200 is repeated until its ACK (13.3.1.4)")
    a.sock.sendto(request("ACK", 1, "ack1", tag=tag), peer)
    ok(until(lambda: d.state(n) == "up"), "the ACK brings it up")
    a.sock.sendto(request("BYE", 2, "bye1", tag=tag), peer)
    ok(until(lambda: d.state(n) is None), "their BYE ends it")

    a.sock.sendto(request("INVITE", 1, "in3", call_id="c2"), peer)
    until(lambda: d.state_of_incoming() is not None)
    a.sock.sendto(request("CANCEL", 1, "in3", call_id="c2"), peer)
    ok(until(lambda: any(m.start.startswith("SIP/2.0 487") for m in a.seen)),
       "their CANCEL: 487 to the INVITE")
    a.sock.sendto(request("ACK", 1, "in3", call_id="c2"), peer)
    ok(until(lambda: not d.status()["calls"]), "and the call is gone")
    a.sock.sendto(request("OPTIONS", 1, "opt", call_id="c3"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 200") and
             a.seen[-1].get("Allow")), "OPTIONS is answered (R-11)")
    a.sock.sendto(request("MESSAGE", 1, "msg", call_id="c4"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 405")),
       "an unknown method gets 405")
    a.sock.sendto(request("BYE", 9, "bye9", tag="nobody", call_id="c5"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 481")),
       "a BYE for no dialog gets 481")


def state_of_incoming(self):
    return next((c["call"] for c in self.status()["calls"]
                 if c["state"] == "incoming"), None)


Daemon.state_of_incoming = state_of_incoming


def test_bad_sip(d, a):
    good = request("OPTIONS", 1, "g", call_id="bad")
    bad = {
        "truncated": good[:120],
        "missing": good.replace(b"Call-ID: bad\r\n", b""),
        "duplicate": good.replace(b"CSeq: 1", b"CSeq: 1 OPTIONS\r\nCSeq: 1"),
        "nul": good.replace(b"Call-ID: bad", b"Call-ID: b\0d"),
        "too_many": good.replace(b"Max-Forwards: 70",
                                 b"\r\n".join(b"X-%d: y" % i
                                              for i in range(200))),
        "bad_value": good.replace(b"Content-Length: 0",
                                  b"Content-Length: -1"),
        "bad_start": b"OPTIONS\r\n" + good.split(b"\r\n", 1)[1],
    }
    for what, data in bad.items():
        before = d.counter("rx_bad_" + what)
        a.sock.sendto(data, (PHONE, 5060))
        ok(until(lambda: d.counter("rx_bad_" + what) == before + 1),
           f"malformed SIP: {what} is refused and counted")
    for cut in range(0, len(good), 7):
        a.sock.sendto(good[:cut], (PHONE, 5060))
    ok(registered_at(d, A), "after all that the line is registered as before")


def test_foreign(d, a):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((STRANGER, 5060))
    s.settimeout(5)
    s.sendto(request("INVITE", 1, "f1", call_id="foreign"), (PHONE, 5060))
    ok(s.recv(65536).startswith(b"SIP/2.0 403"),
       "an INVITE from a stranger is refused")
    ok(not d.status()["calls"] and d.counter("rx_foreign") == 1,
       "and makes no call")
    seen = []
    a.script["OPTIONS"] = a.script["REGISTER"] = lambda m, p: seen.append(m)
    d.call("register", line="alice")
    until(lambda: seen)
    m = seen[0]
    forged = ("SIP/2.0 403 Forbidden\r\nVia: " + m.get("Via") + "\r\nFrom: " +
              m.get("From") + "\r\nTo: " + m.get("To") + ";tag=x\r\nCall-ID: " +
              m.get("Call-ID") + "\r\nCSeq: " + m.get("CSeq") +
              "\r\nContent-Length: 0\r\n\r\n")
    s.sendto(forged.encode(), (PHONE, 5060))
    ok(until(lambda: d.counter("rx_wrong_source") == 1),
       "a response from a foreign source is refused")
    a.sock.sendto(forged.replace(m.branch(), "z9hG4bKwrong").encode(),
                  (PHONE, 5060))
    ok(until(lambda: d.counter("rx_unmatched") >= 1),
       "a response with a wrong branch is refused")
    del a.script["OPTIONS"], a.script["REGISTER"]
    ok(until(lambda: registered_at(d, A)), "the registration goes on")
    s.close()


def test_bad_control(d):
    for text, code in ((b"{not json}\n", -32700), (b"[]\n", -32600),
                       (b'{"jsonrpc":"2.0","id":1,"method":"x"}\n', -32601),
                       (b'{"jsonrpc":"2.0","id":1,"method":"call"}\n', -32602),
                       (b'{"jsonrpc":"2.0","id":1,"method":"register",'
                        b'"params":{"line":"nobody"}}\n', -32001)):
        answer = json.loads(d.raw(text))
        ok(answer["error"]["code"] == code, f"control: {text[:40]!r} {code}")
    other = socket.socket(socket.AF_UNIX)
    other.connect(d.path)
    other.setblocking(False)
    ok(d.raw(b"x" * 70000, other) is None,
       "a control line over the limit is cut off")
    other.close()
    ok(d.call("status")["result"]["lines"], "the other client goes on")


def test_failover(d, a, b):
    n = d.call("call", line="alice", uri="sip:callee@example.com")
    n = n["result"]["call"]
    until(lambda: d.state(n) == "up")
    a.down()
    d.call("hangup", call=n)
    ok(until(lambda: b.count("BYE") == 1, 3), "BYE moves to B (F-35..F-38)")
    order = [m.method for m in b.seen if m.method in ("REGISTER", "BYE")]
    ok(order[-1] == "BYE" and order[0] == "REGISTER",
       "after a REGISTER there (F-37)")
    ok(b.last("BYE").get("Route") == "<sip:10.0.0.1;lr>" and
       b.last("BYE").start.startswith("BYE sip:callee@" + A),
       "with Route and target unchanged (C-09, R-12)")
    ok(until(lambda: registered_at(d, B)), "the line works at B")
    ok(d.line()["servers"][0]["health"] == "down" and
       d.line()["servers"][0]["cause"] == "port_unreach",
       "A is down, by port unreachable")
    ok(b.bad_digest == 0, "B's own challenge is answered (R-29)")


def test_failback(d, a, b):
    a.up()
    a.seen.clear(), b.seen.clear()
    ok(d.line()["servers"][0]["health"] == "down", "A still is down")
    d.call("register", line="alice")
    ok(until(lambda: a.count("REGISTER") or b.count("REGISTER")) and
       not b.count("REGISTER"),
       "manual registration starts from the primary nevertheless (C-25)")
    ok(until(lambda: registered_at(d, A)), "and succeeds there")
    ok(until(lambda: b.last("REGISTER").get("Expires") == "0"),
       "the backup binding is removed (C-14)")


def test_invite_failover(a, b):
    d = Daemon(line="register_before_resend = false")
    until(lambda: registered_at(d, A))
    a.seen.clear(), b.seen.clear()
    seen = []
    a.script["INVITE"] = lambda m, p: (seen.append(m),
                                       a.answer(m, p, "503 Unavailable"))
    d.call("call", line="alice", uri="sip:callee@example.com")
    ok(until(lambda: b.count("INVITE") >= 1, 3), "503 moves the INVITE (Y-06)")
    first, second = seen[0], next(m for m in b.seen if m.method == "INVITE")
    ok(first.get("Call-ID") == second.get("Call-ID") and
       first.get("CSeq") == second.get("CSeq") and
       first.tag("From") == second.tag("From") and
       first.body == second.body and first.branch() != second.branch(),
       "identical but for the branch (R-36, C-29)")
    ok(b.count("REGISTER") == 0, "no REGISTER before it (C-08)")
    del a.script["INVITE"]
    status, log = d.end()
    ok(status == 0, "ends with status 0")


def test_arguments():
    def run(*args):
        p = subprocess.run([BUILD + "/sipoverd", *args], capture_output=True,
                           text=True, timeout=20)
        return p.returncode, p.stderr
    ok(run("--nonsense")[0] == 64, "unknown option: 64")
    ok(run("extra")[0] == 64, "extra argument: 64")
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("t1 = 500\nline \"x\" {\n  user = x\n  nonsense = 1\n}\n")
        f.flush()
        status, err = run("-c", f.name)
        ok(status == 78 and f"{f.name}:4: " in err,
           "bad configuration: 78 and file:line")
    ok(run("-c", "/nonexistent")[0] == 78, "no configuration: 78")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B, "MD5")
    d = Daemon()
    if not ok(until(lambda: registered_at(d, A)), "registers at the primary"):
        print(d.end()[1])
        return 1
    ok(a.count("REGISTER") == 2 and a.bad_digest == 0 and not b.seen,
       "with one challenge, and the backup hears nothing (F-04)")
    test_calls(d, a)
    test_cancel(d, a)
    test_incoming(d, a)
    test_bad_sip(d, a)
    test_foreign(d, a)
    test_bad_control(d)
    test_failover(d, a, b)
    test_failback(d, a, b)
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    ok(a.last("REGISTER").get("Expires") == "0", "and unregisters (R-07)")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    test_invite_failover(a, b)
    test_arguments()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
