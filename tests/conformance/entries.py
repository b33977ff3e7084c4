# SPDX-License-Identifier: BSD-2-Clause
"""The server entries: what is written for each, and what it means on the wire."""
from lab import A, B, DNS, at, ok, until
from plan import CONF, SCHEMA, shows

ZONE = f"""ns 60 IN A {A}
a 60 IN A {A}
b 60 IN A {B}
"""
NAMES = f"dns = {{'{DNS}:5353'}}"


def server(address, **keys):
    return "server { address = '%s' %s }" % (
        address, " ".join(f"{k} = {v}" for k, v in keys.items()))


@shows("F-49", "F-53", "C-21", peer="Kamailio pair, nsd",
       mutation=("userspace/core/location.c",
                 "h = l->direct ? host_named(l, l->cfg.name) : NULL;",
                 "h = NULL;"))
def by_name(lab):
    lab.pair()
    nsd = lab.nsd("example.net", ZONE)
    d = lab.phone((server("a.example.net", port=5060),
                   server("b.example.net", port=5060)), top=NAMES)
    ok([s["address"] for s in d.line()["servers"]] ==
       [f"{A}:5060;udp", f"{B}:5060;udp"], "two names, in order")
    lab.over(d)
    nsd.down()
    d = lab.phone((A,))
    ok(len(d.line()["servers"]) == 1, "no backup is none")


@shows("Y-03", peer="Kamailio pair, nsd",
       mutation=("userspace/agent_location.c",
                 "wish_add(w, &conf->server[i].addr, i);\n\t\t\tcontinue;",
                 "continue;"))
def fallback_of_its_own(lab):
    a, b = lab.pair()
    lab.nsd("example.net", ZONE)
    d = lab.phone((server("a.example.net", port=5060), B), top=NAMES)
    ok([s["address"] for s in d.line()["servers"]] ==
       [f"{A}:5060;udp", f"{B}:5060;udp"],
       "what the name means, then the fallback server's address")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "which takes over")


@shows("F-50", "F-54", peer="SIPp on two ports",
       mutation=(CONF, ".port = 5060,\n\t\t.expires = CONF_INHERIT",
                 ".port = 5061,\n\t\t.expires = CONF_INHERIT"))
def ports(lab):
    a = lab.sipp(A)
    lab.sipp(B, port=5070)
    d = lab.phone((server(A), server(B, port=5070, expires=120)))
    ok(lab.wire.sent("REGISTER", A)[0].port == 5060, "5060 by itself")
    ok(lab.wire.sent("REGISTER", A)[0].get("Expires") == "3600",
       "3600 s by itself")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    m = lab.wire.sent("REGISTER", B)[0]
    ok(m.port == 5070 and m.get("Expires") == "120",
       "port and lifetime of its own")


@shows("F-51", peer="Kamailio pair",
       mutation=(SCHEMA, ".proxy_interval = CONF_INHERIT,\n"
                 "\t\t.expires = 3600,",
                 ".proxy_interval = CONF_INHERIT,\n\t\t.expires = 1800,"))
def lifetimes(lab):
    a, b = lab.pair()
    d = lab.phone((server(A), server(B, expires=60)))
    ok(lab.wire.sent("REGISTER", A)[-1].get("Expires") == "3600",
       "3600 s by itself")
    ok(d.line()["registered_until_s"] > 3500, "and granted")
    lab.over(d)
    d = lab.phone((server(A, expires=90), server(B, expires=60)))
    ok(lab.wire.sent("REGISTER", A)[-2].get("Expires") == "90" or
       lab.wire.sent("REGISTER", A)[-1].get("Expires") == "90", "90 s")
    ok(80 < d.line()["registered_until_s"] <= 90, "are granted")


@shows("F-52", "F-55", "C-17", "C-18",
       peer="Kamailio pair over TLS and TCP",
       mutation=(CONF, "if (in->transport == TRANSPORT_TLS && !hop_key(hop, "
                 "\"port\"))", "if (0)"))
def transports(lab):
    a, b = lab.pair()
    d = lab.phone((server(A, transport="'3'"), server(B, transport="'1'")),
                  top=lab.tls())
    ok(d.line()["working"] == f"{A}:5061;tls" and
       "registered by tls" in a.said(), "3 is TLS, port 5061 by itself")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)) and d.line()["working"] == f"{B}:5060;tcp" and
       "registered by tcp" in b.said(), "1 is TCP, independent of it")
    a.up()
    lab.over(d)
    d = lab.phone((server(A, transport="'0'"), B))
    ok("registered by udp" in a.said(), "0 is UDP")
    lab.over(d)
    lab.refused("2 is refused", (server(A, transport="'2'"), B))
    d = lab.phone((server(A, transport="'2'"), B), profile="yealink",
                  top=lab.tls())
    ok(d.line()["working"] == f"{A}:5061;tls", "but Yealink's TLS")


@shows("R-38", peer="Kamailio with another's certificate, Kamailio backup",
       mutation=("userspace/io/tls_name.c",
                 "return n && n == len && strncasecmp(name, other, n) == 0;",
                 "return n;"))
def certificate(lab):
    a = lab.kamailio(A, name="example.org")
    lab.kamailio(B)
    d = lab.phone([server(ip, transport="tls") for ip in (A, B)], wait=B,
                  top=lab.tls())
    ok("REGISTER" not in a.said(), "who shows another name hears nothing")
    ok(d.line()["servers"][0]["cause"] == "tls_failed" and
       d.counter("tls_failed") >= 1, "and that is why")


@shows("C-22", peer="Kamailio pair",
       mutation=(SCHEMA, "\t\t.register_before_resend = true,",
                 "\t\t.register_before_resend = false,"))
def profiles(lab):
    a, b = lab.pair()
    lab.callee()
    seen = []
    for profile, line in (("fanvil", ""), (
            "yealink", "registration = successive\nfailback_mode = probe\n"
            "register_before_resend = yes\nfailback_interval = 1800")):
        d = lab.phone(profile=profile, line=line)
        a.down()
        n = d.dial()
        ok(until(lambda: d.state(n) == "up"), f"{profile}: a call by the "
           "backup")
        seen.append(lab.wire.order())
        lab.over(d)
        a.up()
        lab.wire.clear()
    ok(seen[0] == seen[1], "the same messages by both profiles' ways")
