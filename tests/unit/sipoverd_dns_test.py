#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Server entries that are names: a real nsd, which changes its zone and dies.

usage: sipoverd_dns_test.py BUILD      (in a network namespace of its own)

nsd listens on loopback; the servers do not, since an address of loopback in an
answer is refused.
"""
import os
import re
import signal
import socket
import subprocess
import tempfile

from sipoverd_lab import Daemon, Server, ok, points, registered_at, until

A, B, C = "198.51.100.1", "198.51.100.2", "198.51.100.3"
PHONE = "198.51.100.9"
DNS = "127.0.0.53"
T1 = 20

SOA = "@ 5 IN SOA ns root {serial} 3600 600 86400 5\n@ 5 IN NS ns\n"
HOSTS = f"ns 5 IN A {A}\na 5 IN A {A}\nb 5 IN A {B}\nc 5 IN A {C}\n"
TWO = HOSTS + """@ 5 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.net.
_sip._udp 5 IN SRV 10 0 5060 a
_sip._udp 5 IN SRV 20 0 5060 b
"""


class Nsd:
    def __init__(self, name="example.net"):
        self.name = name
        self.dir = tempfile.mkdtemp()
        self.serial = 0
        self.proc = None
        with open(self.dir + "/conf", "w") as f:
            f.write(f"""server:
    ip-address: {DNS}@5353
    username: ""
    chroot: ""
    zonesdir: "{self.dir}"
    pidfile: "{self.dir}/pid"
    database: ""
    logfile: "{self.dir}/log"
    zonelistfile: "{self.dir}/zones"
    xfrdfile: "{self.dir}/xfrd"
    server-count: 1
remote-control:
    control-enable: no
zone:
    name: {name}
    zonefile: zone
""")

    def zone(self, text):
        self.serial += 1
        with open(self.dir + "/new", "w") as f:
            f.write(f"$ORIGIN {self.name}.\n" +
                    SOA.format(serial=self.serial) + text)
        os.rename(self.dir + "/new", self.dir + "/zone")
        if self.proc:
            # It compares the file's time, in seconds perhaps: begin anew.
            self.down()
            self.up()

    def up(self):
        self.proc = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c",
                                      self.dir + "/conf"],
                                     stderr=subprocess.DEVNULL)
        return until(self.answers)

    def answers(self):
        """Whether it says with which serial it answers."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(0.2)
        s.connect((DNS, 5353))
        try:
            s.send(b"\0\1\0\0\0\1\0\0\0\0\0\0" + b"".join(
                bytes([len(x)]) + x.encode() for x in self.name.split(".")) +
                b"\0\0\6\0\1")
            got = s.recv(512)
        except OSError:
            return False
        finally:
            s.close()
        return got[3] & 15 == 0 and got[7] == 1 and \
            self.serial.to_bytes(4, "big") in got

    def down(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait()
        self.proc = None


def daemon(entries="server { address = 'example.net' }", top="", **options):
    return Daemon(t1=T1, servers=entries, local=PHONE,
                  top=f"dns = {{'{DNS}:5353'}}\n{top}", **options)


def names(d):
    return {n["name"]: n for n in d.status()["names"]}


def servers_of(d):
    return [s["address"] for s in d.line()["servers"]]


def finish(d, what, *peers):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in peers:
        s.seen.clear(), s.script.clear()
    return log


def test_srv(nsd, a, b):
    """NAPTR, SRV, A; failover along the priorities, with the DNS dead."""
    nsd.zone(TWO)
    d = daemon()
    ok(until(lambda: registered_at(d, A)), "registered at the first target")
    ok(servers_of(d) == [f"{A}:5060;udp", f"{B}:5060;udp"],
       "the list: SRV by priority")
    n = names(d)["example.net"]
    ok(n["state"] == "ready" and n["servers"] == servers_of(d),
       "status tells what the name means")
    nsd.down()
    a.down()
    number = d.dial()
    ok(until(lambda: b.count("INVITE")),
       "the first is dead, and the DNS: to the second all the same")
    ok(until(lambda: d.state(number) == "up"), "the call is up")
    ok(until(lambda: registered_at(d, B)), "registered there")
    ok(until(lambda: names(d)["example.net"]["state"] == "stale", 30),
       "the DNS is dead: its last word is used on")
    d.call("hangup", call=number)
    ok(until(lambda: b.count("BYE")), "and the phone works")
    a.up()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, A)), "to the first again")
    nsd.up()
    ok(until(lambda: names(d)["example.net"]["state"] == "ready", 60),
       "the DNS is back")
    finish(d, "SRV", a, b)


def test_waiting(nsd, a, b):
    """A line waits for its name, and says so."""
    nsd.zone(TWO)
    nsd.down()
    d = daemon()
    ok(until(lambda: names(d)["example.net"]["state"] == "no_answer", 30),
       "nobody answers: told")
    ok(d.line()["state"] == "resolving" and not d.line()["servers"],
       "the line waits")
    ok("error" in d.call("call", line="alice", uri="sip:x@example.com") and
       "error" in d.call("register", line="alice"), "a call is refused")
    nsd.up()
    ok(until(lambda: registered_at(d, A), 60), "then it registers")
    log = finish(d, "waiting", a, b)
    ok("no name server answers" in log, "the log says why it had to wait")

    d = daemon("server { address = 'nobody.example.net' }\n"
               f"server {{ address = '{B}' }}")
    ok(until(lambda: registered_at(d, B)),
       "a name that does not exist: the next entry")
    ok(names(d)["nobody.example.net"]["state"] == "nothing", "which is told")
    log = finish(d, "no such name", a, b)
    ok("no server of that name" in log, "in the log, too")


def test_entries(nsd, a, b):
    """C-21: one list, what entry 1 resolves to, then entry 2."""
    nsd.zone(HOSTS + f"both 5 IN A {A}\nboth 5 IN A {B}\n")
    d = daemon("server { address = 'both.example.net' port = 5060 "
               "transport = udp }\n"
               f"server {{ address = '{B}' }}\n"
               "server { address = 'c.example.net' port = 5070 }")
    ok(until(lambda: len(servers_of(d)) == 3), "the list has three")
    got = servers_of(d)
    ok(sorted(got[:2]) == [f"{A}:5060;udp", f"{B}:5060;udp"] and
       got[2] == f"{C}:5070;udp", "in the entries' order, none twice")
    ok(d.counter("dns_queries") == 2, "a port: addresses only (R-35)")
    finish(d, "entries", a, b)


def test_lies(nsd, a, b):
    """Addresses that no server has; a target without any."""
    nsd.zone(HOSTS + """_sip._udp 5 IN SRV 10 0 5060 liar
_sip._udp 5 IN SRV 20 0 5060 b
liar 5 IN A 127.0.0.1
liar 5 IN A 224.0.0.1
liar 5 IN A 0.0.0.0
""")
    d = daemon("server { address = 'example.net' transport = udp }")
    ok(until(lambda: registered_at(d, B)), "only the honest target is used")
    ok(servers_of(d) == [f"{B}:5060;udp"], "it is the list")
    ok(d.counter("dns_refused") >= 3, "the others are counted")
    finish(d, "lies", a, b)


def test_no_route(nsd, a, b):
    """An IPv6 address is of no use to a phone without IPv6 there."""
    nsd.zone(HOSTS + f"h 5 IN AAAA 2001:db8:ffff::1\nh 5 IN A {A}\n")
    d = daemon("server { address = 'h.example.net' port = 5060 }",
               local6="::")
    ok(until(lambda: registered_at(d, A)), "registered by IPv4")
    ok(servers_of(d) == [f"{A}:5060;udp"],
       "what there is no route to is not in the list")
    ok(len(names(d)["h.example.net"]["servers"]) == 2, "but known")
    finish(d, "no route", a, b)


def test_static(nsd, a, b):
    """Static records are asked before the DNS, which is not needed at all."""
    nsd.down()
    d = daemon(top=f"""static = {{
    'example.net NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.net',
    '_sip._udp.example.net SRV 1 1 5060 one.example.net',
    '_sip._udp.example.net SRV 2 1 5060 two.example.net',
    'one.example.net 60 A {A}', 'two.example.net A {B}' }}""")
    ok(until(lambda: registered_at(d, A)), "registered without a DNS")
    ok(servers_of(d) == [f"{A}:5060;udp", f"{B}:5060;udp"], "in their order")
    ok(d.counter("dns_queries") == 0, "nothing was asked")
    finish(d, "static", a, b)
    nsd.up()


def srv(*hosts):
    """A zone with these targets, in order."""
    return HOSTS + "".join(f"_sip._udp 5 IN SRV {10 * i} 0 5060 {h}\n"
                           for i, h in enumerate(hosts))


def udp(*ips):
    return [f"{ip}:5060;udp" for ip in ips]


def reg_ids(server):
    """Those of its REGISTERs, in order, each once."""
    found = [re.search(r";reg-id=(\d+)", m.get("Contact") or "")
             for m in server.seen if m.method == "REGISTER"]
    return list(dict.fromkeys(m[1] for m in found if m))


def test_ttl(nsd, a, b):
    """Yealink's failback_mode DNSTTL (Y-33): back when the record is over,
    long before the time that is used without one."""
    nsd.zone(srv("a", "b"))
    a.script["REGISTER"] = lambda m, p: a.answer(m, p, "404 Not Found")
    d = daemon("server { address = 'example.net' transport = udp }",
               line="failback_mode = DNSTTL\nfailback_timeout = 3600\n"
               "register_failover_codes = 404")
    ok(until(lambda: registered_at(d, B)), "at the backup")
    n = a.count("REGISTER")
    ok(until(lambda: a.count("REGISTER") > n + 1, 30),
       "the primary is asked at the end of the record's life, and again")
    a.script.clear()
    ok(until(lambda: registered_at(d, A), 30), "until it takes the line back")
    finish(d, "DNSTTL", a, b)


def test_changes(nsd, a, b, c):
    """What the zone says changes: servers come and go, the rest stays."""
    nsd.zone(srv("a"))
    d = daemon("server { address = 'example.net' transport = udp }",
               line="outbound = yes subscribe_mwi = yes")
    ok(until(lambda: registered_at(d, A)), "registered at the only one")
    ok(until(lambda: a.count("SUBSCRIBE")), "and subscribed")
    n = a.count("REGISTER")
    nsd.zone(srv("a", "b"))
    ok(until(lambda: servers_of(d) == udp(A, B), 30), "a second one comes")
    ok(registered_at(d, A) and a.count("REGISTER") == n and
       not b.count("REGISTER"), "the registration is not touched")
    number = d.dial()
    ok(until(lambda: d.state(number) == "up"), "a call is up at the first")

    nsd.zone(srv("c", "b"))
    ok(until(lambda: servers_of(d) == udp(C, B, A), 30),
       "another primary; the first one stays while it has a call")
    ok(until(lambda: registered_at(d, C), 30), "the line goes there")
    ok(d.state(number) == "up", "the call is still up")
    d.call("hangup", call=number)
    ok(until(lambda: a.count("BYE")) and not c.count("BYE"),
       "its BYE goes where it was made (R-37)")
    ok(until(lambda: servers_of(d) == udp(C, B), 30), "then its server goes")

    nsd.zone(srv("b"))
    ok(until(lambda: registered_at(d, B), 30),
       "the working server leaves the list: the line goes to another")
    ok(servers_of(d) == udp(B) and
       until(lambda: c.last("REGISTER").get("Expires") == "0"),
       "after a word to it")
    ok(until(lambda: b.count("SUBSCRIBE") and c.count("SUBSCRIBE")),
       "the subscription went along each time (C-20)")
    n = b.count("REGISTER")
    nsd.zone(HOSTS)
    ok(until(lambda: names(d)["example.net"]["state"] == "stale", 30) and
       servers_of(d) == udp(B), "a zone without servers: the old one stays")
    nsd.zone(srv("a", "b", "c"))
    ok(until(lambda: registered_at(d, A), 30), "all three: back to the first")
    ok(servers_of(d) == udp(A, B, C), "in order")
    for gone in (A, B):
        (a if gone == A else b).down()
        number = d.dial()
        ok(until(lambda: d.state(number) == "up"), f"without {gone}: a call")
        d.call("hangup", call=number)
    ok(c.count("INVITE"), "at last by the third")
    ids = [reg_ids(s) for s in (a, b, c)]
    ok(ids[0][0] == "1" and len(ids[1]) == 1,
       f"a reg-id stays with its server, wherever it stands (R-43): {ids}")
    ok(len(sum(ids, [])) == len(set(sum(ids, []))) == 5,
       "and is never given again: who comes back has a new one")
    finish(d, "changes", a, b, c)
    a.up(), b.up()


def main():
    for ip in (A, B, C, PHONE):
        subprocess.run(["ip", "addr", "add", ip + "/32", "dev", "lo"],
                       check=True)
    nsd = Nsd()
    nsd.zone(TWO)
    if not ok(nsd.up(), "nsd answers"):
        print("# " + open(nsd.dir + "/log").read())
        print("1..1")
        return 1
    a, b, c = Server(A), Server(B), Server(C)
    test_srv(nsd, a, b)
    test_waiting(nsd, a, b)
    test_entries(nsd, a, b)
    test_lies(nsd, a, b)
    test_no_route(nsd, a, b)
    test_static(nsd, a, b)
    test_ttl(nsd, a, b)
    test_changes(nsd, a, b, c)
    nsd.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


if __name__ == "__main__":
    raise SystemExit(main())
