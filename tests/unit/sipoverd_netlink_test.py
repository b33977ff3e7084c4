#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon's own network fails and changes: it holds instead of failing over,
comes back where it was, and registers a new address.

usage: sipoverd_netlink_test.py BUILD      (in a network namespace of its own)

The servers live here, the daemon in a second namespace, behind pairs of veth
devices: eth0 (192.0.2.0/24, and what the default route leads to), eth1
(198.51.100.0/24).
"""
import os
import signal
import subprocess
import sys

from sipoverd_lab import Daemon, Server, ok, points, pump, registered_at, until

A, B, C, FAR = "192.0.2.1", "192.0.2.2", "198.51.100.1", "203.0.113.1"
BEYOND, NOWHERE, ROUTER = "203.0.113.2", "203.0.113.77", "192.0.2.254"


class Phone:
    """A network namespace, held by a process that does nothing."""

    def __init__(self):
        self.proc = subprocess.Popen(["unshare", "-n", "cat"],
                                     stdin=subprocess.PIPE)
        own = os.readlink("/proc/self/ns/net")
        link = f"/proc/{self.proc.pid}/ns/net"
        until(lambda: os.readlink(link) != own)
        self.enter = ("nsenter", f"--net={link}")

    def ip(self, *args, text=None):
        subprocess.run([*self.enter, "ip", *args], check=True, text=True,
                       input=text)

    def end(self):
        self.proc.stdin.close()
        self.proc.wait()


def here(*args):
    subprocess.run(["ip", *args], check=True)


def wire(phone, name, ours, theirs):
    here("link", "add", "to_" + name, "type", "veth", "peer", "name", name,
         "netns", str(phone.proc.pid))
    for address in ours:
        here("addr", "add", address, "dev", "to_" + name)
    here("link", "set", "to_" + name, "up")
    phone.ip("addr", "add", theirs, "dev", name)
    phone.ip("link", "set", name, "up")


def server_list(*addresses):
    return "\n".join(f"server {{ address = '{a}' }}" for a in addresses)


def start(phone, *addresses, t1=50):
    return Daemon(servers=server_list(*addresses), local="0.0.0.0", t1=t1,
                  wrap=phone.enter, line="failback_interval = 0")


def held(d):
    return d.status()["local"]["held"]


def path(d, address):
    return next(s["path"] for s in d.line()["servers"]
                if s["address"].startswith(address))


def health(d, address):
    return next(s["health"] for s in d.line()["servers"]
                if s["address"].startswith(address))


def outage(d, a, b, begin, end, cause, how):
    """Nothing moves while it lasts, and all goes on afterwards."""
    registers, invites = a.count("REGISTER"), a.count("INVITE")
    begin()
    ok(until(lambda: held(d)), f"{how}: the daemon holds")
    ok(d.status()["local"]["cause"] == cause and path(d, A) == cause,
       f"for want of {cause}")
    number = d.dial()
    # More than the retry budget of an INVITE that has another server.
    until(lambda: d.status()["local"]["since_s"] >= 2)
    ok(d.state(number) == "dialing", "a call that is dialled waits")
    ok(health(d, A) == "up" and registered_at(d, A),
       "nothing speaks against the server")
    end()
    ok(until(lambda: not held(d)), "it goes on when the way is back")
    ok(until(lambda: a.count("REGISTER") > registers),
       "registers anew where it was")
    ok(until(lambda: a.count("INVITE") > invites and
             d.state(number) == "up"), "and the call comes about")
    d.call("hangup", call=number)
    ok(until(lambda: d.state(number) is None), "and ends")
    ok(b.count("REGISTER") == 0 and b.count("INVITE") == 0 and
       d.counter("failovers") == 0, "the other server never was asked")


def test_outages(phone, a, b):
    d = start(phone, A, B)
    ok(until(lambda: registered_at(d, A)), "registered")
    outage(d, a, b, lambda: here("link", "set", "to_eth0", "down"),
           lambda: here("link", "set", "to_eth0", "up"), "no_carrier",
           "carrier lost")
    outage(d, a, b, lambda: phone.ip("link", "set", "eth0", "down"),
           lambda: phone.ip("link", "set", "eth0", "up"), "no_route",
           "interface down")
    ok(d.counter("local_outages") == 2, "two outages are counted")
    ok(d.counter("rtnl_changes") > 0, "by the kernel's notifications")
    status, log = d.end()
    ok(status == 0, "the daemon ends")
    ok("local outage state=held cause=no_carrier" in log and
       "local outage state=resumed" in log, "the log tells of them")


def test_address(phone, a):
    """A lease that ends, and one that is renewed with another address."""
    d = start(phone, A, B)
    ok(until(lambda: registered_at(d, A)), "registered from 192.0.2.9")
    phone.ip("addr", "del", "192.0.2.9/24", "dev", "eth0")
    ok(until(lambda: held(d)), "the address is lost: held")
    phone.ip("addr", "add", "192.0.2.10/24", "dev", "eth0")
    ok(until(lambda: "@192.0.2.10:" in a.last("REGISTER").get("Contact") and
             registered_at(d, A)), "with another one it registers that")
    ok("192.0.2.10" in a.last("REGISTER").get("Via"), "and sends from it")
    phone.ip("addr", "add", "192.0.2.11/24", "dev", "eth0")
    phone.ip("addr", "del", "192.0.2.10/24", "dev", "eth0")
    ok(until(lambda: "@192.0.2.11:" in a.last("REGISTER").get("Contact") and
             registered_at(d, A)), "also if there was no time without one")
    ok(d.counter("address_changes") >= 2 and d.counter("failovers") == 0,
       "no other server was asked for that")
    phone.ip("addr", "add", "192.0.2.9/24", "dev", "eth0")
    ok(d.end()[0] == 0, "the daemon ends")


def test_route(phone, far):
    phone.ip("route", "add", "default", "via", A)
    d = start(phone, FAR)
    ok(until(lambda: registered_at(d, FAR)), "registered by the default route")
    count = far.count("REGISTER")
    phone.ip("route", "del", "default")
    ok(until(lambda: held(d)) and path(d, FAR) == "no_route",
       "which is taken away: held")
    phone.ip("route", "add", "default", "via", A)
    ok(until(lambda: not held(d) and far.count("REGISTER") > count and
             registered_at(d, FAR)), "and given back: registered again")
    ok(health(d, FAR) == "up" and d.counter("failovers") == 0,
       "the server was up all the time")
    phone.ip("route", "del", "default")
    ok(d.end()[0] == 0, "the daemon ends")


def test_gateway(phone):
    """The router does not answer: the server behind it is not gone (R-71)."""
    phone.ip("route", "add", "default", "via", ROUTER)
    d = start(phone, FAR, C, t1=500)    # neighbours fail within 3 s
    ok(until(lambda: registered_at(d, C), 20), "the line goes elsewhere")
    ok(not held(d) and path(d, FAR) == "no_gateway", "which is no outage")
    phone.ip("route", "del", "default")
    log = d.end()[1]
    ok("cause=host_unreach txn=fail health=suspect" in log and
       "health=down" not in log, "the server was only suspected for it")


def test_gateway_of_all(phone, far, beyond):
    """The router on the way to all servers falls silent: that is no server's
    fault (R-71), and its return is noticed though nothing else is sent."""
    here("addr", "add", ROUTER + "/32", "dev", "to_eth0")
    phone.ip("route", "add", "default", "via", ROUTER)
    d = start(phone, FAR, BEYOND, t1=500)
    ok(until(lambda: registered_at(d, FAR)), "registered behind a router")
    del far.seen[:]
    here("addr", "del", ROUTER + "/32", "dev", "to_eth0")
    phone.ip("neigh", "flush", "dev", "eth0")
    d.call("register", line="alice")
    ok(until(lambda: held(d)), "which is silent: held")
    ok(d.status()["local"]["cause"] == "no_gateway" and
       path(d, BEYOND) == "no_gateway", "for want of the router")
    asked = d.counter("rtnl_routers_asked")
    ok(until(lambda: d.counter("rtnl_routers_asked") > asked + 1),
       "which is asked for again and again")
    ok(health(d, FAR) != "down" and health(d, BEYOND) != "down" and
       held(d), "no server is condemned, and asking is no answer")
    here("addr", "add", ROUTER + "/32", "dev", "to_eth0")
    ok(until(lambda: not held(d) and far.count("REGISTER") > 0 and
             registered_at(d, FAR)), "it answers: the line goes on")
    ok(d.counter("failovers") == 0 and not beyond.count("REGISTER"),
       "where it was")
    phone.ip("route", "del", "default")
    here("addr", "del", ROUTER + "/32", "dev", "to_eth0")
    ok(d.end()[0] == 0, "the daemon ends")


def test_connect_unreachable(phone):
    """A router that knows no way ends a connect (Y-13); the router's word only
    casts suspicion on the server."""
    phone.ip("route", "add", "default", "via", A)
    here("route", "add", "unreachable", NOWHERE)
    d = Daemon(servers=f"server {{ address = '{NOWHERE}' transport = tcp }}\n" +
               server_list(C), local="0.0.0.0", t1=500, wrap=phone.enter,
               line="failback_interval = 0")
    ok(until(lambda: registered_at(d, C), 2),
       "a connect that ends unreachable moves the line at once (Y-13)")
    ok(not held(d) and path(d, NOWHERE) == "usable", "which is no outage")
    phone.ip("route", "del", "default")
    here("route", "del", "unreachable", NOWHERE)
    status, log = d.end()
    ok(status == 0 and "cause=tcp_unreach txn=fail health=suspect" in log,
       "the server is suspected for it")


def test_one_of_two(phone, c):
    """Another interface reaches another server (sign 16)."""
    d = start(phone, A, C)
    ok(until(lambda: registered_at(d, A)), "registered by eth0")
    here("link", "set", "to_eth0", "down")
    ok(until(lambda: registered_at(d, C)), "without it the line moves to eth1")
    ok(not held(d) and path(d, A) == "no_carrier" and
       path(d, C) == "usable", "which is no outage")
    ok(health(d, A) == "down" and c.count("REGISTER") > 0,
       "but a server that cannot be reached")
    here("link", "set", "to_eth0", "up")
    ok(until(lambda: path(d, A) == "usable"), "the way back is noticed")
    ok(d.end()[0] == 0, "the daemon ends")


def test_overrun(phone):
    """What changed is asked for, so that a message lost costs nothing."""
    d = start(phone, A, B)
    ok(until(lambda: registered_at(d, A)), "registered")
    d.proc.send_signal(signal.SIGSTOP)
    routes = "".join(f"route add 10.{i // 250}.{i % 250}.0/24 via {A}\n"
                     for i in range(4000))
    phone.ip("-batch", "-", text=routes)
    here("link", "set", "to_eth0", "down")
    d.proc.send_signal(signal.SIGCONT)
    ok(until(lambda: held(d)), "an outage behind 4000 changes: held")
    ok(d.counter("rtnl_lost") > 0, "though messages were lost")
    here("link", "set", "to_eth0", "up")
    ok(until(lambda: not held(d)), "its end too")
    ok(d.end()[0] == 0, "the daemon ends")


def test_start(phone):
    here("link", "set", "to_eth0", "down")
    phone.ip("link", "set", "eth0", "down")
    d = start(phone, A, B)
    ok(held(d) and path(d, A) == "no_route", "started without a network: held")
    phone.ip("link", "set", "eth0", "up")
    ok(until(lambda: path(d, A) == "no_carrier"), "half of it is not enough")
    here("link", "set", "to_eth0", "up")
    ok(until(lambda: registered_at(d, A)), "with it the line registers")
    ok(d.counter("failovers") == 0 and not held(d), "at its first server")
    ok(d.end()[0] == 0, "the daemon ends")


def main():
    phone = Phone()
    phone.ip("link", "set", "lo", "up")
    wire(phone, "eth0", [A + "/24", B + "/24"], "192.0.2.9/24")
    wire(phone, "eth1", [C + "/24"], "198.51.100.9/24")
    here("addr", "add", FAR + "/32", "dev", "lo")
    here("addr", "add", BEYOND + "/32", "dev", "lo")
    a, b, c, far = Server(A), Server(B), Server(C), Server(FAR)
    beyond = Server(BEYOND)
    subprocess.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)
    subprocess.run([*phone.enter, "sysctl", "-qw",
                    "net.ipv4.conf.eth0.promote_secondaries=1",
                    "net.ipv4.neigh.eth0.retrans_time_ms=300"], check=True)
    test_outages(phone, a, b)
    test_address(phone, a)
    test_route(phone, far)
    test_gateway(phone)
    test_gateway_of_all(phone, far, beyond)
    test_connect_unreachable(phone)
    test_one_of_two(phone, c)
    test_overrun(phone)
    test_start(phone)
    pump(0)
    phone.end()
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
