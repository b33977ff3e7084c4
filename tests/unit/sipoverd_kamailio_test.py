#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A phone that knows its domain and no more: NAPTR, SRV, A and AAAA of a real
nsd lead it to two real Kamailios, TLS first.  They die and come back one after
the other, with a call up and without a DNS; STUN by Kamailio's own module.

usage: sipoverd_kamailio_test.py BUILD      (in a network namespace of its own)
"""
import os
import subprocess
import sys
import tempfile

from sipoverd_certs import CA
from sipoverd_dns_test import Nsd, names, servers_of
from sipoverd_kamailio import CALLEE, LONG, Callee, Kamailio, end
from sipoverd_lab import A6, B6, PHONE6, Daemon, ok, points, until

A, B = "198.51.100.1", "198.51.100.2"
PHONE = "198.51.100.9"
DNS = "127.0.0.53"

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
            end()
            if nsd.proc:
                nsd.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
