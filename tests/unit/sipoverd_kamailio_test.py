#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A phone that knows its domain and no more: NAPTR, SRV, A and AAAA of a real
nsd lead it to two real Kamailios, TLS first.  They die and come back one after
the other, with a call up and without a DNS; STUN by Kamailio's own module.

usage: sipoverd_kamailio_test.py BUILD      (in a network namespace of its own)
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

from sipoverd_certs import CA
from sipoverd_dns_test import Nsd, names, servers_of
from sipoverd_lab import (A6, B6, PHONE6, Daemon, Server, host, ok, points,
                          until)

A, B, CALLEE = "198.51.100.1", "198.51.100.2", "198.51.100.3"
PHONE = "198.51.100.9"
DNS = "127.0.0.53"
HERE = os.path.dirname(os.path.abspath(__file__))
LONG = 30       # a registrar starts
running = []

# Ten seconds, so that records grow old while the test runs.
ZONE = f"""ns 10 IN A {A}
a 10 IN A {A}
a 10 IN AAAA {A6}
b 10 IN A {B}
b 10 IN AAAA {B6}
@ 10 IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.example.com.
@ 10 IN NAPTR 20 10 "s" "SIP+D2T" "" _sip._tcp.example.com.
@ 10 IN NAPTR 30 10 "s" "SIP+D2U" "" _sip._udp.example.com.
_sips._tcp 10 IN SRV 10 0 5061 a
_sips._tcp 10 IN SRV 20 0 5061 b
_sip._tcp 10 IN SRV 10 0 5060 b
_sip._udp 10 IN SRV 10 0 5060 a
"""
LIST = ([f"[{A6}]:5061;tls", f"{A}:5061;tls", f"[{B6}]:5061;tls",
         f"{B}:5061;tls", f"[{B6}]:5060;tcp", f"{B}:5060;tcp",
         f"[{A6}]:5060;udp", f"{A}:5060;udp"])

OPTIONS = ("OPTIONS sip:{ip} SIP/2.0\r\n"
           "Via: SIP/2.0/{via} {me};branch=z9hG4bKup;rport\r\n"
           "From: <sip:t@example.com>;tag=t\r\nTo: <sip:{ip}>\r\n"
           "Call-ID: up\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
           "Content-Length: 0\r\n\r\n")


class Kamailio:
    def __init__(self, ip, ip6, dir, name, cert, algorithm):
        self.ip, self.ip6, self.log = ip, ip6, f"{dir}/{name}.log"
        tls, cfg = f"{dir}/{name}-tls.cfg", f"{dir}/{name}.cfg"
        with open(tls, "w") as f:
            f.write("[server:default]\nmethod = TLSv1.2+\n"
                    f"certificate = {cert[0]}\nprivate_key = {cert[1]}\n"
                    "[client:default]\nmethod = TLSv1.2+\n")
        with open(HERE + "/kamailio_pair.cfg.in") as f:
            text = f.read()
        for key, value in (("@OWN@", ip), ("@OWN6@", ip6), ("@TLS@", tls),
                           ("@ALGORITHM@", algorithm), ("@CALLEE@", CALLEE)):
            text = text.replace(key, value)
        with open(cfg, "w") as f:
            f.write(text)
        self.args = ["kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-f", cfg,
                     "-P", f"{dir}/{name}.pid", "-Y", dir]
        self.proc = None
        self.up()

    def answers(self):
        """To OPTIONS, on each of its sockets: a port that is bound says
        nothing of the process behind it."""
        return all(by(ip) for ip in (self.ip6, self.ip)
                   for by in (answers_tls, answers_tcp, answers_udp))

    def up(self):
        with open(self.log, "a") as log:
            self.proc = subprocess.Popen(self.args, stdout=log, stderr=log,
                                         start_new_session=True)
        running.append(self.proc)
        if not until(lambda: self.answers() or self.proc.poll() is not None,
                     LONG) or self.proc.poll() is not None:
            raise SystemExit("# kamailio: " + self.said()[-2000:])

    def down(self):
        """Killed: nothing is said to anybody but by the kernel."""
        running.remove(self.proc)
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()
        until(lambda: not answers_udp(self.ip))

    def said(self, since=0):
        with open(self.log, errors="replace") as log:
            return log.read()[since:]


def options(sock, ip, via):
    sock.settimeout(0.5)
    sock.sendall(OPTIONS.format(
        ip=host(ip), via=via, me=host(sock.getsockname()[0])).encode())
    return sock.recv(4096).startswith(b"SIP/2.0 200")


def answers_udp(ip):
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET,
                       socket.SOCK_DGRAM) as s:
        try:
            s.connect((ip, 5060))
            return options(s, ip, "UDP")
        except OSError:
            return False


def answers_tcp(ip):
    try:
        with socket.create_connection((ip, 5060), 0.5) as s:
            return options(s, ip, "TCP")
    except OSError:
        return False


def answers_tls(ip):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((ip, 5061), 0.5) as s, \
             context.wrap_socket(s) as t:
            return options(t, ip, "TLS")
    except OSError:
        return False


class Callee(Server):
    """A party of its own, behind both registrars."""

    def readable(self):
        self.script["INVITE"] = self.rings
        super().readable()

    def rings(self, m, peer):
        route = [f"Record-Route: {v}" for v in m.all("Record-Route")]
        self.answer(m, peer, "180 Ringing", route, "callee")
        self.answer(m, peer, "200 OK", route + [
            f"Contact: <sip:callee@{self.ip}:5060>"], "callee")


def start(entry, dir, top=""):
    return Daemon(servers=f"server {{ {entry} }}", t1=100, probe=1,
                  line="failback_interval = 10", local=PHONE, local6=PHONE6,
                  dir=tempfile.mkdtemp(dir=dir),
                  top=f"dns = {{'{DNS}:5353'}}\n"
                      f"tls_ca = '{dir}/ca.pem'\n" + top)


def registered(d, address):
    line = d.line()
    return line["state"] == "registered" and line["working"] == address


def finish(d, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))


def test_domain(dir, nsd, a, b, callee):
    d = start("address = 'example.com'", dir)
    ok(until(lambda: registered(d, LIST[0]), LONG),
       "by its domain's name: registered at the SRV's first, by TLS (F-52)")
    ok(servers_of(d) == LIST, "all of NAPTR, SRV, A and AAAA, in their order")
    ok("challenged" in a.said() and
       f"registered by tls at {A6}" in a.said() and
       "REGISTER" not in b.said(), "after a challenge (SHA-256), only there")
    ok(d.counter("tls_handshakes") == 1 and not d.counter("tls_failed"),
       "the certificate is the domain's, not a target's (R-38)")
    number = d.dial()
    ok(until(lambda: d.state(number) == "up"), "a call is up")
    ok(f"INVITE by tls at {A6}" in a.said() and callee.count("INVITE") == 1,
       "through the first")

    nsd.down()
    registers = a.said().count("registered by")
    ok(until(lambda: names(d)["example.com"]["state"] == "stale", LONG),
       "the DNS dies, and its records grow old")
    ok(servers_of(d) == LIST and registered(d, LIST[0]) and
       d.state(number) == "up" and
       a.said().count("registered by") == registers, "nothing changes")

    a.down()
    ok(until(lambda: registered(d, LIST[2]), LONG),
       "the first is killed: the line moves to the second, by TLS")
    ok("challenged" in b.said() and "registered by tls" in b.said(),
       "after a challenge (MD5)")
    ok(d.state(number) == "up", "the call is still up")
    d.call("hangup", call=number)
    ok(until(lambda: callee.count("BYE") == 1) and "BYE by tls" in b.said(),
       "its BYE arrives by way of the second (F-38)")
    ok(until(lambda: d.state(number) is None), "and is answered")
    number = d.dial()
    ok(until(lambda: d.state(number) == "up") and "INVITE by tls" in b.said(),
       "another call goes through the second")

    since = len(a.said())
    a.up()
    ok(until(lambda: registered(d, LIST[0]), LONG),
       "the first is back, and so is the line (F-44)")
    ok("registered by tls" in a.said(since), "by TLS")
    d.call("hangup", call=number)
    ok(until(lambda: callee.count("BYE") == 2), "that call ends, too")
    nsd.up()
    ok(until(lambda: names(d)["example.com"]["state"] == "ready", 60) and
       servers_of(d) == LIST, "the DNS is back: the same list")
    finish(d, "domain")


def test_stun(dir, a):
    """RFC 5389 by another's hand (R-46)."""
    d = start(f"address = '{A}'", dir,
              "udp_keepalive = stun\nudp_keepalive_interval = 1\n")
    ok(until(lambda: registered(d, f"{A}:5060;udp"), LONG), "UDP: registered")
    ok(until(lambda: d.counter("rx_stun") >= 3) and
       not d.counter("rx_stun_bad"), "Kamailio answers STUN, and rightly")
    a.down()
    ok(until(lambda: d.line()["state"] != "registered"),
       "its end is seen by the next keep-alive")
    a.up()
    ok(until(lambda: registered(d, f"{A}:5060;udp"), LONG), "and its return")
    finish(d, "STUN")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    for ip in (A, B, CALLEE, PHONE):
        subprocess.run(["ip", "addr", "add", ip + "/32", "dev", "lo"],
                       check=True)
    nsd = Nsd("example.com")
    nsd.zone(ZONE)
    with tempfile.TemporaryDirectory() as dir:
        try:
            ok(nsd.up(), "nsd answers")
            cert = CA(dir).issue("own", "DNS:example.com")
            a = Kamailio(A, A6, dir, "A", cert, "SHA-256")
            b = Kamailio(B, B6, dir, "B", cert, "MD5")
            test_domain(dir, nsd, a, b, Callee(CALLEE))
            test_stun(dir, a)
        finally:
            for k in running:
                os.killpg(k.pid, signal.SIGKILL)
            if nsd.proc:
                nsd.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
