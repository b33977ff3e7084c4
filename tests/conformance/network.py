# SPDX-License-Identifier: BSD-2-Clause
"""What the network says of a server: ICMP, connections that end or do not
begin."""
import signal

from lab import A, A6, B, B6, at, ok, until
from plan import VERDICT, shows

TCP = [f"server {{ address = '{ip}' transport = tcp }}" for ip in (A, B)]


def fields(name, udp_t, udp_h):
    return f'ICMP("{name}", {udp_t}, {udp_h}, '


@shows("F-06", "C-04", peer="Kamailio pair over TCP, the primary shut down",
       mutation=(VERDICT, 'SIGN("tcp_fin", F, R, F, R, F, R)',
                 'SIGN("tcp_fin", C, O, C, O, C, O)'))
def maintenance(lab):
    a, b = lab.pair()
    d = lab.phone(TCP)
    lab.wire.clear()
    a.signal(signal.SIGTERM)
    ok(until(lambda: at(d, B)), "an orderly end: the line is at the backup "
       "though nothing was asked")
    a.gone()


@shows("F-07", "Y-15", peer="Kamailio pair, the primary killed",
       mutation=(VERDICT, fields("port_unreach", "F", "D"),
                 fields("port_unreach", "C", "O")))
def port_unreachable(lab):
    a, b = lab.pair()
    d = lab.phone(t1=500)
    a.down()
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B), 4), "its host says so: the line is at the "
       "backup")
    sent = lab.wire.sent("REGISTER", A)
    moved = lab.wire.sent("REGISTER", B)[0].time - sent[0].time
    ok((3, 3) in lab.wire.icmp and len(sent) == 1 and moved < 0.45,
       f"after {moved * 1000:.1f} ms, before anything was repeated")
    ok(d.line()["servers"][0]["cause"] == "port_unreach", "and is told why")


@shows("F-13", "C-35", peer="Kamailio pair, ICMP and ICMPv6 of each code",
       mutation=(VERDICT, 'ICMP("net_unreach", F, S, F, S, C, S)',
                 'ICMP("net_unreach", C, O, F, S, C, S)'))
def cannot_be_reached(lab):
    lab.pair()
    for first, second, v6, codes in (
            (A, B, False, ("icmp net-unreachable", "icmp host-unreachable",
                           "icmp admin-prohibited", "icmp prot-unreachable",
                           "icmp port-unreachable")),
            (A6, B6, True, ("icmpv6 no-route", "icmpv6 addr-unreachable",
                            "icmpv6 admin-prohibited",
                            "icmpv6 port-unreachable"))):
        for code in codes:
            lab.wire.clear()
            lab.reject(first, code.replace(" ", " type ", 1))
            d = lab.phone((first, second), wait=second, v6=v6, t1=500)
            sent = lab.wire.sent("REGISTER", first)
            moved = lab.wire.sent("REGISTER", second)[0].time - sent[0].time
            ok(lab.wire.icmp and len(sent) == 1 and moved < 0.45,
               f"{code}: the REGISTER moves after {moved * 1000:.1f} ms")
            lab.allow()
            lab.over(d)


@shows("F-14", peer="Kamailio pair over TCP, the primary drops SYNs",
       mutation=(VERDICT, 'SIGN("tcp_timeout", F, D, F, D, F, D)',
                 'SIGN("tcp_timeout", C, O, C, O, C, O)'))
def connect_times_out(lab):
    lab.pair()
    lab.reject(A, "drop", "tcp")
    # So many retries that the stack gives up first.
    d = lab.phone(TCP, wait=None, t1=100, line="retry_counts = 20")
    ok(until(lambda: at(d, B)), "nobody answers the connect: at the backup")
    first = d.line()["servers"][0]
    ok(first["health"] == "down" and first["cause"] == "tcp_timeout",
       "the connection timed out")


@shows("Y-13", "R-62", peer="Kamailio pair over TCP, ICMP to the connect",
       mutation=(VERDICT, 'SIGN("tcp_unreach", F, S, F, S, F, S)',
                 'SIGN("tcp_unreach", C, O, C, O, C, O)'))
def connect_unreachable(lab):
    """The error comes when connect() waits, as from a router: it quotes the
    SYN, which is dropped.  A refusal is the kernel's own."""
    lab.pair()
    for code in (None, 0, 1, 3, 13):
        lab.wire.clear()
        lab.reject(A, "tcp reset" if code is None else "drop", "tcp")
        d = lab.phone(TCP, wait=None, t1=500)
        if code is not None:
            ok(until(lambda: lab.wire.syns), "a SYN")
            lab.unreachable(lab.wire.syns[0], code)
        ok(until(lambda: at(d, B), 4), "tcp reset: the line moves at once"
           if code is None else f"ICMP 3/{code}: the line moves at once")
        ok(d.line()["servers"][0]["cause"] in ("tcp_refused", "tcp_unreach"),
           d.line()["servers"][0]["cause"])
        lab.over(d)


@shows("Y-14", "R-24", peer="Kamailio pair over TCP, the primary killed unread",
       mutation=(VERDICT, 'SIGN("tcp_reset", F, R, F, R, F, R)',
                 'SIGN("tcp_reset", C, O, C, O, C, O)'))
def reset(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(TCP, t1=500)
    a.signal(signal.SIGSTOP)
    lab.wire.clear()
    n = d.dial()
    ok(until(lambda: lab.wire.sent("INVITE", A)), "an INVITE is written")
    a.down()
    ok(until(lambda: d.state(n) == "up", 4), "its connection is reset: the "
       "call is up")
    moved = lab.wire.sent("INVITE", B)[0].time - \
        lab.wire.sent("INVITE", A)[0].time
    ok(moved < 4, f"by the backup, after {moved:.2f} s")


@shows("R-59", peer="Kamailio pair, one ICMP host unreachable",
       mutation=(VERDICT, 'ICMP("host_unreach", F, S, F, S, C, S)',
                 'ICMP("host_unreach", F, D, F, D, C, S)'))
def hint(lab):
    lab.pair()
    lab.reject(A, "icmp type host-unreachable", once=True)
    d = lab.phone(wait=B)
    e = lab.events(d)
    ok((3, 1) in lab.wire.icmp, "a router says that the host is unreachable")
    ok(until(lambda: lab.wire.got(200, "OPTIONS", A)),
       "a hint, so the host itself is asked")
    ok(until(lambda: d.line()["servers"][0]["health"] == "up"),
       "and believed")
    ok(not e.of("health", new="down"), "it never was down")
