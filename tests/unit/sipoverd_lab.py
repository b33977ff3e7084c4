# SPDX-License-Identifier: BSD-2-Clause
"""For tests of the daemon as a process: real sockets, real ICMP of the loopback
device, and small servers that check what they are sent.  TAP on stdout.

A test is run as TEST.py BUILD, in a network namespace of its own
(test_sipoverd.sh).  The servers answer only inside pump() and until().
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

from control_schema import Checker

BUILD = sys.argv[1]
PHONE6, A6, B6 = "2001:db8::9", "2001:db8::1", "2001:db8::2"
PHONE, A, B, STRANGER = "127.0.0.9", "127.0.0.1", "127.0.0.2", "127.0.0.66"
points = [0, 0]


def ok(cond, name):
    points[0] += 1
    points[1] += not cond
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}", flush=True)
    return bool(cond)


def has(got, *want):
    """In this order, with others between."""
    i = 0
    for text in want:
        if text not in got[i:]:
            print(f"# no '{text}' at or behind {i} of {got}")
            return False
        i = got.index(text, i) + 1
    return True


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


def framed(data):
    """The first whole message of a stream, or None, and the bytes behind it;
    pings are passed over."""
    while data.startswith(b"\r\n\r\n"):
        data = data[4:]
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None, data
    length = int(Message(head + end).get("Content-Length"))
    if len(rest) < length:
        return None, data
    return Message(head + end + rest[:length]), rest[length:]


servers = []


def pump(timeout):
    ready, _, _ = select.select([s.sock for s in servers if s.sock], [], [],
                                timeout)
    for s in list(servers):
        if s.sock in ready:
            s.readable()


def host(ip):
    """As it stands in a URI."""
    return f"[{ip}]" if ":" in ip else ip


class Server:
    """A registrar and callee on UDP.  Challenges once with `algorithm`; as a
    proxy (407) an INVITE, with the nonce that a REGISTER got."""

    def __init__(self, ip, algorithm="SHA-256", proxy=False):
        self.ip, self.algorithm, self.proxy = ip, algorithm, proxy
        self.sock, self.seen, self.script = None, [], {}
        self.nonce = 0
        self.bad_digest = 0
        servers.append(self)
        self.up()

    def up(self):
        self.sock = socket.socket(socket.AF_INET6 if ":" in self.ip else
                                  socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.ip, 5060))

    def down(self):
        self.sock.close()
        self.sock = None

    def readable(self):
        data, peer = self.sock.recvfrom(65536)
        self.received(Message(data), peer)

    def send(self, data, peer):
        self.sock.sendto(data, peer)

    def received(self, m, peer):
        self.seen.append(m)
        if m.method == "SIP/2.0" or m.method == "ACK":
            return
        if m.method in self.script:
            self.script[m.method](m, peer)
        elif m.method in ("REGISTER", "INVITE") and not self.authorised(m):
            self.challenge(m, peer)
        elif m.method == "INVITE":
            self.answer(m, peer, "100 Trying")
            self.answer(m, peer, "180 Ringing", tag="callee")
            self.answer(m, peer, "200 OK",
                        ["Contact: <sip:callee@%s:5060>" % host(self.ip),
                         "Record-Route: <sip:10.0.0.1;lr>"], "callee")
        else:
            self.answer(m, peer, "200 OK", ["Contact: %s;expires=300" %
                                            m.get("Contact")]
                        if m.method == "REGISTER" else [])

    def by_proxy(self, m):
        return self.proxy and m.method == "INVITE"

    def challenge(self, m, peer):
        self.nonce += not self.proxy
        self.answer(m, peer, "407 Proxy Authentication Required"
                    if self.by_proxy(m) else "401 Unauthorized",
                    ['%s-Authenticate: Digest realm="t", nonce="n%d", '
                     'qop="auth", algorithm=%s' %
                     ("Proxy" if self.by_proxy(m) else "WWW", self.nonce,
                      self.algorithm)])

    def authorised(self, m):
        value = m.get("Proxy-Authorization" if self.by_proxy(m) else
                      "Authorization")
        if not value:
            return False
        f = dict(re.findall(r'(\w+)="?([^",]*)"?', value))
        h = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256,
             "SHA-512-256": lambda b: hashlib.new("sha512_256", b),
             }[self.algorithm]

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
        self.send("\r\n".join(lines).encode(), peer)

    def count(self, method):
        return sum(m.method == method for m in self.seen)

    def requests(self, method):
        """The same, but what was sent again counts once: when this process has
        to wait for the processor, its answer is late."""
        return len({m.branch() for m in self.seen if m.method == method})

    def last(self, method):
        return [m for m in self.seen if m.method == method][-1]


class Daemon:
    def __init__(self, line="", t1=100, servers=None, v6=False, top="",
                 dir=None, probe=0, local=None, local6=None, wrap=(),
                 state_dir=None, profile="fanvil"):
        """local, local6: own addresses; wrap: command that runs the daemon."""
        servers = servers or f"""server {{ address = '{A6 if v6 else A}' }}
    server {{ address = '{B6 if v6 else B}' }}"""
        self.dir = dir or tempfile.mkdtemp()
        self.path = self.dir + "/control.sock"
        conf = self.dir + "/conf"
        with open(conf, "w") as f:
            f.write(f"""control = '{self.path}'
state_dir = '{state_dir or self.dir}'
local_v4 = '{local or ("" if v6 else PHONE)}'
local_v6 = '{local6 or (PHONE6 if v6 else "")}'
detect = sockets
t1 = {t1}
probe_interval = {probe}
{top}
line "alice" {{
    user = alice
    domain = example.com
    password = 'pw'
    profile = {profile}
    {line}
    {servers}
}}
""")
        self.log = open(self.dir + "/log", "w+", errors="replace")
        self.proc = subprocess.Popen([*wrap, BUILD + "/sipoverd", "-c", conf],
                                     stderr=self.log)
        self.rpc_sock = self.events = None
        self.checker, self.told = Checker(), b""
        until(lambda: self.proc.poll() is not None or self.connect())
        self.listen()

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

    def listen(self):
        """A subscriber of its own, whose events are held against the schema."""
        if not self.rpc_sock:
            return
        self.events = socket.socket(socket.AF_UNIX)
        self.events.connect(self.path)
        self.events.sendall(b'{"jsonrpc":"2.0","method":"subscribe"}\n')
        self.events.setblocking(False)

    def hear(self):
        while self.events:
            try:
                got = self.events.recv(1 << 20)
            except BlockingIOError:
                break
            except OSError:
                got = b""
            if not got:
                self.events.close()
                self.events = None
            self.told += got
        *lines, self.told = self.told.split(b"\n")
        for line in lines:
            self.checker.event(json.loads(line))

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
        self.hear()
        answer = json.loads(line)
        self.checker.answer(method, params, answer)
        return answer

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

    def incoming(self):
        """The number of the call that waits for an answer."""
        return next((c["call"] for c in self.status()["calls"]
                     if c["state"] == "incoming"), None)

    def dial(self):
        return self.call("call", line="alice",
                         uri="sip:callee@example.com")["result"]["call"]

    def end(self):
        self.proc.send_signal(signal.SIGTERM)
        until(lambda: self.proc.poll() is not None, 5)
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.hear()
        for found in self.checker.found:
            ok(False, "what it says fits docs/control.schema.json: " + found)
        self.log.seek(0)
        if os.path.exists(self.dir + "/events"):
            status, out, err = self.replay()
            ok(status == 0, "its event log is replayed: " +
               (err or out.splitlines()[-1]))
        return self.proc.returncode, self.log.read()

    def replay(self, name="events"):
        """Status, standard output and error of --replay."""
        p = subprocess.run([BUILD + "/sipoverd", "--replay",
                            self.dir + "/" + name], capture_output=True,
                           text=True, errors="replace")
        return p.returncode, p.stdout, p.stderr

    @staticmethod
    def steps(out):
        """The counts in the last line of a replay."""
        return {k: int(v) for k, v in
                re.findall(r"(\w+)=(\d+)", out.splitlines()[-1])}


def resident(d):
    """Bytes of the daemon's memory; 0 with ASan, which keeps what is freed."""
    with open(f"/proc/{d.proc.pid}/maps", encoding="utf-8") as f:
        if "libasan" in f.read():
            return 0
    with open(f"/proc/{d.proc.pid}/status", encoding="utf-8") as f:
        return next(int(x.split()[1]) << 10 for x in f if "VmRSS" in x)


def registered_at(d, ip):
    line = d.line()
    return line["state"] == "registered" and \
        (line["working"] or "").startswith(host(ip))


def request(method, cseq, branch, uri="sip:alice@" + PHONE, tag="",
            call_id="far@end", extra="", body=""):
    to = f"<sip:alice@example.com>{';tag=' + tag if tag else ''}"
    return (f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {A}:5060;branch=z9hG4bK{branch}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=far\r\n"
            f"To: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:bob@{A}:5060>\r\n{extra}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
