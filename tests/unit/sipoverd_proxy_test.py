#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Outbound proxies before a registrar (Y-24), and a line with servers of both
families (C-35).

usage: sipoverd_proxy_test.py BUILD          (in a network namespace of its own)
"""
import hashlib
import re
import sys

from sipoverd_lab import (A, A6, B, PHONE, PHONE6, Daemon, Server, host, ok,
                          points, pump, registered_at, until)

T1 = 20     # ms: a retry budget is 300 ms, 64*T1 1280 ms
REGISTRAR = "127.0.0.3"
PROXIES = f"""outbound_proxy {{ address = '{A}' }}
    outbound_proxy {{ address = '{B}' }}
    server {{ address = '{REGISTRAR}' }}"""
RECORDED = ["<sip:10.0.0.1;lr>"]


def digest(s):
    return hashlib.sha256(s.encode()).hexdigest()


class Proxy(Server):
    """Challenges for itself (407), and as the registrar behind it (401)."""

    def __init__(self, ip):
        super().__init__(ip)
        self.need, self.challenged = [], set()

    @property
    def challenges(self):
        """A request that was sent again is one."""
        return len(self.challenged)

    def lacks(self, m):
        for name in self.need:
            value = m.get(name)
            if not value:
                return name
            f = dict(re.findall(r'(\w+)="?([^",]*)"?', value))
            realm = name.lower()
            want = digest(":".join([digest(f"alice:{realm}:pw"), f["nonce"],
                                    f["nc"], f["cnonce"], "auth",
                                    digest(f"{m.method}:{f['uri']}")]))
            if want != f["response"] or f["realm"] != realm:
                self.bad_digest += 1
                return name
        return None

    def authorised(self, m):
        return not self.lacks(m)

    def challenge(self, m, peer):
        name = self.lacks(m)
        self.challenged.add(m.branch())
        proxy = name.startswith("Proxy")
        self.answer(m, peer, "407 Proxy Authentication Required" if proxy
                    else "401 Unauthorized",
                    [f'{"Proxy" if proxy else "WWW"}-Authenticate: Digest '
                     f'realm="{name.lower()}", nonce="{self.ip}", qop="auth", '
                     "algorithm=SHA-256"])


def route(ip):
    return [f"<sip:{host(ip)}:5060;lr>"]


def finish(d, what, *servers):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in servers:
        s.seen.clear(), s.script.clear()
        s.challenged.clear()


def silent(m, peer):
    pass


def call_up(d):
    n = d.dial()
    return n if until(lambda: d.state(n) == "up") else None


def test_route(a, b, registrar):
    a.need = b.need = ["Proxy-Authorization"]
    d = Daemon(t1=T1, servers=PROXIES)
    ok(until(lambda: registered_at(d, A)), "registered by the first proxy")
    m = a.last("REGISTER")
    ok(m.start == "REGISTER sip:example.com SIP/2.0",
       "the Request-URI is the registrar's domain")
    ok(m.all("Route") == route(A), "a Route names the proxy (8.1.2)")
    ok(a.requests("REGISTER") == 2 and a.challenges == 1 and
       m.get("Proxy-Authorization") and not m.get("Authorization"),
       "its 407 is answered")
    n = call_up(d)
    m = a.last("INVITE")
    ok(n and m.start == "INVITE sip:callee@example.com SIP/2.0" and
       m.all("Route") == route(A), "an INVITE the same way")
    ok(a.challenges == 1, "with credentials at once (R-29)")
    ok(until(lambda: a.count("ACK")) and a.last("ACK").all("Route") == RECORDED,
       "within the dialog the route set is the dialog's")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE")) and a.last("BYE").all("Route") == RECORDED,
       "of BYE, too")
    ok(not b.seen and not registrar.seen, "nobody else is sent anything")
    ok([s["address"] for s in d.line()["servers"]] ==
       [A + ":5060;udp", B + ":5060;udp"], "the line's servers are the proxies")
    finish(d, "proxies", a, b)


def test_failover(a, b, registrar):
    d = Daemon(t1=T1, servers=PROXIES, probe=1)
    until(lambda: registered_at(d, A))
    n = call_up(d)
    a.down()
    d.call("hangup", call=n)
    ok(until(lambda: b.count("BYE")), "a dead proxy: BYE by the other")
    bye = b.last("BYE")
    ok(bye.start == f"BYE sip:callee@{A}:5060 SIP/2.0" and
       bye.all("Route") == RECORDED, "as it would have been (C-09)")
    ok(until(lambda: registered_at(d, B)), "registered by the backup")
    m = b.last("REGISTER")
    ok(m.start == "REGISTER sip:example.com SIP/2.0" and
       m.all("Route") == route(B), "whose Route it carries")
    n = call_up(d)
    ok(n and b.last("INVITE").all("Route") == route(B), "and calls by it")
    a.up()
    ok(until(lambda: registered_at(d, A), 8), "the first is back: failback")
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)
    ok(call_up(d) and a.last("INVITE").all("Route") == route(A),
       "calls by it again")
    b.seen.clear()
    d.call("hangup", call=d.status()["calls"][0]["call"])
    until(lambda: not d.status()["calls"])
    a.script["INVITE"] = silent
    ok(call_up(d) and b.last("INVITE").all("Route") == route(B),
       "a silent proxy: the INVITE goes by the backup")
    first, second = a.last("INVITE"), b.last("INVITE")
    ok(first.get("Call-ID") == second.get("Call-ID") and
       first.branch() != second.branch(), "the same, but for its Route (R-36)")
    ok(not registrar.seen, "never straight to the registrar")
    finish(d, "failover of proxies", a, b)


def test_both_challenge(a, b):
    """RFC 3261 22.3: credentials for each realm on the way."""
    a.need = b.need = ["Proxy-Authorization", "Authorization"]
    d = Daemon(t1=T1, servers=PROXIES)
    ok(until(lambda: registered_at(d, A)),
       "proxy and registrar challenge: both are answered")
    ok(a.requests("REGISTER") == 3 and a.challenges == 2 and not a.bad_digest,
       "by three REGISTERs")
    d.call("register", line="alice")
    ok(until(lambda: a.requests("REGISTER") == 4) and
       until(lambda: registered_at(d, A)) and a.challenges == 2,
       "the next one has both at once")
    ok(call_up(d) and until(lambda: a.count("ACK")), "a call, too")
    m = a.last("ACK")
    ok(m.get("Authorization") == a.last("INVITE").get("Authorization") and
       m.get("Proxy-Authorization") ==
       a.last("INVITE").get("Proxy-Authorization"),
       "its ACK has the same credentials (13.2.2.4)")
    finish(d, "two challenges", a, b)
    a.need = b.need = []


def test_keys(a, b):
    d = Daemon(t1=T1, servers=PROXIES, line="outbound_proxy_route = no")
    ok(until(lambda: registered_at(d, A)) and
       not a.last("REGISTER").all("Route"), "outbound_proxy_route = no")
    finish(d, "no Route", a, b)

    a.script["REGISTER"] = silent
    d = Daemon(t1=50, servers=f"""server {{
        address = '{REGISTRAR}' retry_counts = 1 expires = 77 }}
    outbound_proxy {{ address = '{A}' expires = 66 }}
    outbound_proxy {{ address = '{B}' retry_counts = 5 }}""")
    ok(until(lambda: registered_at(d, B)) and a.count("REGISTER") == 2,
       "retry_counts is the server's")
    ok(a.last("REGISTER").get("Expires") == "66" and
       b.last("REGISTER").get("Expires") == "77",
       "expires where it is not the proxy's own")
    finish(d, "inherited", a, b)


def test_dual_stack(a, b):
    """C-35: the primary by IPv6, the backup by IPv4."""
    six = Proxy(A6)
    d = Daemon(t1=T1, probe=1, local=PHONE, local6=PHONE6,
               servers=f"server {{ address = '{A6}' }}\n"
               f"server {{ address = '{B}' }}")
    ok(until(lambda: registered_at(d, A6)), "registered by IPv6")
    ok(f"@[{PHONE6}]" in six.last("REGISTER").get("Contact"),
       "its Contact is of IPv6")
    n = call_up(d)
    ok(n and f"c=IN IP6 {PHONE6}" in six.last("INVITE").body, "so is the SDP")
    six.down()
    d.call("hangup", call=n)
    ok(until(lambda: b.count("BYE")) and
       b.last("BYE").start.startswith("BYE sip:callee@["),
       "BYE by IPv4, to the same target")
    ok(until(lambda: registered_at(d, B)), "registered by IPv4")
    ok(f"@{PHONE}:" in b.last("REGISTER").get("Contact") and
       b.last("REGISTER").get("Via").startswith(f"SIP/2.0/UDP {PHONE}:"),
       "Contact and Via of IPv4")
    n = call_up(d)
    ok(n and f"c=IN IP4 {PHONE}" in b.last("INVITE").body, "a call there")
    six.up()
    ok(until(lambda: registered_at(d, A6), 8), "failback to IPv6")
    finish(d, "dual stack", a, b, six)


def main():
    a, b, registrar = Proxy(A), Proxy(B), Server(REGISTRAR)
    pump(0)
    test_route(a, b, registrar)
    test_failover(a, b, registrar)
    test_both_challenge(a, b)
    test_keys(a, b)
    test_dual_stack(a, b)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


if __name__ == "__main__":
    sys.exit(main())
