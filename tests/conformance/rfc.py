# SPDX-License-Identifier: BSD-2-Clause
"""What RFCs ask for besides, of the rows that the code cites."""
import re

from course import gaps
from entries import server
from invite import NO_REGISTER, up
from lab import A, B, TCP, at, ok, until
from plan import (AGENT_CALL, PULSE, REQUEST, STANDBY, TXN, in_time,
                  shows, unit)


def params(m):
    return dict(re.findall(r'(\w+)="?([^",]*)"?', m.get("Authorization") or ""))


@shows("C-19", "R-08", peer="Kamailio that grants 60 s",
       mutation=(REQUEST, "if (strcmp(a->rx.contact[i].uri, own) == 0)\n"
                 "\t\t\treturn expires;",
                 "if (strcmp(a->rx.contact[i].uri, own) == 0)\n"
                 "\t\t\treturn r->expires_s;"))
def granted(lab):
    lab.kamailio(A, [('modparam("registrar", "min_expires", 5)',
                      'modparam("registrar", "max_expires", 60)')])
    d = lab.phone((A,))
    ok(lab.wire.sent("REGISTER", A)[-1].get("Expires") == "3600",
       "3600 s are asked for")
    ok(50 < d.line()["registered_until_s"] <= 60, "the 60 s granted count")


@shows("R-10", peer="SIPp 423",
       mutation=(REQUEST, "status == 423 && min", "status == 424 && min"))
def too_brief(lab):
    lab.sipp(A, REGISTER=["423 Interval Too Brief", "Min-Expires: 120"])
    lab.phone((server(A, expires=60),), wait=None)
    ok(until(lambda: [m.get("Expires") for m in
                      lab.wire.new("REGISTER", A)][:2] == ["60", "120"]),
       "after 423 Min-Expires is asked for")


@shows("R-29", peer="Kamailio pair",
       mutation=(REQUEST, "reg = &a->line[r->line].reg[r->index];\n"
                 "\tif (status == 401",
                 "reg = &a->line[r->line].reg[0];\n\tif (status == 401"))
def nonces(lab):
    a, b = lab.pair()
    d = lab.phone()
    d.call("register", line="alice")
    ok(until(lambda: len(lab.wire.got(200, "REGISTER", A)) == 2),
       "registered twice at the primary")
    at_a = [params(m) for m in lab.wire.new("REGISTER", A)]
    ok([p.get("nc") for p in at_a] == [None, "00000001", "00000002"] and
       at_a[1]["nonce"] == at_a[2]["nonce"],
       "one challenge, its nonce counted")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    at_b = [params(m) for m in lab.wire.new("REGISTER", B)]
    ok([p.get("nc") for p in at_b] == [None, "00000001"] and
       at_b[1]["nonce"] != at_a[1]["nonce"], "with a nonce of its own")


@shows("R-52", peer="SIPp with three challenges",
       mutation=("userspace/codec/digest.c",
                 "i < response->n_challenges && !c; i++)",
                 "i < response->n_challenges; i++)"))
def topmost(lab):
    header = ('WWW-Authenticate: Digest realm="t", nonce="%s", qop="auth", '
              "algorithm=%s")
    lab.sipp(A, REGISTER=["401 Unauthorized", header % ("n1", "NONE-SUCH"),
                          header % ("n2", "SHA-256"), header % ("n3", "MD5")])
    lab.phone((A,), wait=None)
    ok(until(lambda: len(lab.wire.new("REGISTER", A)) > 1), "it answers")
    p = params(lab.wire.new("REGISTER", A)[1])
    ok(p.get("nonce") == "n2" and p.get("algorithm") == "SHA-256",
       "the topmost that it understands")


@shows("R-53", peer="Kamailio whose nonces live a second",
       mutation=("userspace/codec/digest.c",
                 "if (d->valid && same_nonce && answered && !c->stale) {",
                 "if (d->valid && answered) {"))
def stale(lab):
    lab.kamailio(A, [('modparam("auth", "qop", "auth")',
                      'modparam("auth", "qop", "auth")\n'
                      'modparam("auth", "nonce_expire", 1)'),
                     # -4: the nonce is too old; 16: say so
                     ('pv_www_authenticate("$td", "pw", "0")) {',
                      'pv_www_authenticate("$td", "pw", "0")) {\n'
                      'if ($retcode == -4) {\n'
                      'www_challenge("$td", "17");\nexit;\n}')])
    d = lab.phone((server(A, expires=6),))
    e = lab.events(d)
    ok(until(lambda: len(lab.wire.got(200, "REGISTER", A)) >= 2),
       "refreshed with a nonce that was too old")
    ok("stale=true" in (lab.wire.got(401, "REGISTER", A)[-1]
                        .get("WWW-Authenticate") or ""), "which was said")
    ok(not e.of("failed") and at(d, A), "and nobody was asked")


@shows("R-05", "R-37", peer="SIPp that rings late, Kamailio backup",
       mutation=(REQUEST, "i = request_new(a, from->server);\n"
                 "\tif (i == AGENT_NONE)\n\t\treturn;\n\tr = &a->request[i];\n"
                 "\tr->what = REQUEST_CANCEL;",
                 "i = request_new(a, 1);\n"
                 "\tif (i == AGENT_NONE)\n\t\treturn;\n\tr = &a->request[i];\n"
                 "\tr->what = REQUEST_CANCEL;"))
def cancel(lab):
    lab.sipp(A, INVITE=[700, "180 Ringing"])
    lab.kamailio(B)
    d = lab.phone(t1=500)
    d.call("hangup", call=d.dial())
    ok(until(lambda: lab.wire.got(180, "INVITE", A)) and
       all(m.time >= lab.wire.got(180, "INVITE", A)[0].time
           for m in lab.wire.sent("CANCEL")), "no CANCEL before a 1xx")
    ok(until(lambda: lab.wire.sent("CANCEL", A)), "then one")
    m, i = lab.wire.sent("CANCEL", A)[0], lab.wire.sent("INVITE", A)[0]
    ok(m.get("Via") == i.get("Via") and not lab.wire.sent("CANCEL", B),
       "where its INVITE went, with its Via")


@shows("R-30", peer="SIPp whose 200 comes late, SIPp backup",
       mutation=(AGENT_CALL, "request_start_detached(a, SIP_BYE, r->server, "
                 "r->line, r->index, &d,\n\t\t\t       NULL);", "(void)d;"))
def late_2xx(lab):
    lab.sipp(A, INVITE=[2000, "200 OK"])
    lab.sipp(B, INVITE=["200 OK"])
    d = lab.phone(t1=50, line=NO_REGISTER)
    n = up(d)
    ok(n and lab.wire.got(200, "INVITE", B), "the backup answers")
    ok(until(lambda: lab.wire.got(200, "INVITE", A)), "then the primary")
    ok(until(lambda: lab.wire.sent("ACK", A) and lab.wire.sent("BYE", A)),
       "which gets ACK and BYE")
    ok(d.state(n) == "up" and not lab.wire.sent("BYE", B),
       "the call goes on")


@shows("C-29", peer="SIPp whose 200 comes late, SIPp 482",
       mutation=(REQUEST, "status == 482 && r->method", "status == 483 && "
                 "r->method"))
def merged(lab):
    lab.sipp(A, INVITE=[2000, "200 OK"])
    lab.sipp(B, INVITE=["482 Loop Detected"])
    d = lab.phone(t1=50, line=NO_REGISTER)
    n = up(d)
    ok(lab.wire.got(482, "INVITE", B), "482: the first copy did arrive")
    ok(n and lab.wire.got(200, "INVITE", A), "its answer counts")


@shows("C-30", peer="SIPp that rings, an ICMP error that comes late",
       mutation=("userspace/agent_server.c",
                 "return t->kind == TXN_INVITE_CLIENT && t->status;",
                 "return false;"))
def after_response(lab):
    lab.sipp(A, INVITE=["180 Ringing", 1500, "200 OK"])
    d = lab.phone((A,))
    e = lab.events(d)
    n = d.dial()
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    lab.unreachable(lab.wire.sent("INVITE", A)[0])
    ok(until(lambda: e.of("kernel", cause="port_unreach")),
       "an ICMP error that quotes the INVITE")
    ok(until(lambda: lab.wire.got(200, "OPTIONS", A)) and
       d.state(n) == "ringing", "has the server asked; it goes on ringing")
    ok(until(lambda: d.state(n) == "up"), "and is answered")


@shows("R-25", peer="Kamailio pair",
       mutation=("userspace/core/upsize.c", "above && len > above &&",
                 "above && len > above + 60000 &&"))
def too_large(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone()
    lab.wire.clear()
    sdp = "v=0\r\n" + "a=x:" + "y" * 1500 + "\r\n"
    n = d.call("call", line="alice", uri="sip:callee@example.com",
               sdp=sdp)["result"]["call"]
    ok(until(lambda: d.state(n) == "up"), "a call with a long offer is up")
    ok({m.by for m in lab.wire.sent("INVITE", A)} == {TCP} and
       "INVITE by tcp" in a.said(), "its INVITE went by TCP")
    ok(d.line()["working"] == f"{A}:5060;udp", "to the UDP server")


@shows("R-42", peer="SIPp",
       mutation=("userspace/io/instance.c", "if (ret != -ENOENT)\n"
                 "\t\treturn ret;",
                 "if (ret != -ENOENT) {\n\t\tmake_uuid(uuid);\n"
                 "\t\treturn ret;\n\t}"))
def same_name(lab):
    lab.sipp(A)
    names = set()
    for _ in range(2):
        d = lab.phone((A,), state_dir=lab.dir)
        names.add(re.search(r'\+sip\.instance="<urn:uuid:([0-9a-f-]{36})>"',
                            lab.wire.sent("REGISTER")[-1].get("Contact"))[1])
        lab.over(d)
    ok(len(names) == 1, "the same after a restart")


@shows("R-54", peer="Kamailio pair",
       mutation=("userspace/codec/sip_build.c", '";rport;branch="',
                 '";branch="'))
def rport(lab):
    lab.pair()
    lab.phone()
    ok(all(";rport;" in m.get("Via") for m in lab.wire.sent()),
       "rport is asked for")
    ok(all(";rport=5060" in m.get("Via")
           for m in lab.wire.got(200, "REGISTER", A)), "and answered")


@shows("R-69", peer="SIPp silent, Kamailio standby",
       mutation=(STANDBY, "fo->standby_at = racing(fo) ?",
                 "fo->standby_at = false ?"))
def race(lab):
    lab.sipp(A, REGISTER=None)
    lab.kamailio(B)
    lab.phone(wait=B, t1=500, line="registration = concurrent\nrace = 100")
    first = lab.wire.sent("REGISTER", A)[0].time
    took = lab.wire.sent("REGISTER", B)[0].time - first
    ok(0.05 < took < 0.45, f"the standby is asked after {took * 1000:.0f} ms, "
       "before anything is repeated")


@shows("R-50", peer="SIPp that asks for less (oc), SIPp backup",
       mutation=("userspace/agent_overload.c",
                 "if (!overload_leaves_out(&a->server[s].overload, a->now))",
                 "if (1)"))
def overloaded(lab):
    lab.sipp(A, word=';oc=100;oc-algo="loss";oc-validity=60000;oc-seq=1.1')
    lab.sipp(B)
    d = lab.phone()
    ok(';oc;oc-algo="loss"' in lab.wire.sent("REGISTER", A)[0].get("Via"),
       "overload control is offered")
    ok(up(d) and not lab.wire.sent("INVITE", A) and
       lab.wire.got(200, "INVITE", B),
       "a server asks to be left alone: calls go to the backup")
    mine = d.line()["servers"][0]
    ok(mine["health"] == "up" and mine["overload"] == 100 and
       d.counter("overload_left_out") > 0, "it is overloaded, not dead")
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: lab.wire.got(200, "REGISTER", A) and at(d, A)),
       "and keeps its binding")


@in_time("R-45", course="tcp_no_pong",
         mutation=("userspace/core/keepalive.c",
                   "k->expiry = mono_add_ms(now, KEEPALIVE_PONG_MS);",
                   "k->expiry = mono_add_ms(now, 2 * KEEPALIVE_PONG_MS);"))
def pong(trace):
    pings = trace.sent("CRLF", "A")
    yield 12000 <= gaps(pings)[0] <= 15000, "pings after 80..100 % of 15 s"
    dropped = [n.ms for n in trace.lines if n.method == "tcp drop" or
               (n.what == "tcp" and "drop" in n.text)]
    yield dropped and dropped[0] - pings[2] == 10000, \
        "no pong for 10 s: the connection has failed"


@in_time("R-47", course="all_silent",
         mutation=("userspace/core/backoff.c",
                   "while (failures-- > 0 && w < max_ms)", "while (0)"))
def pauses(trace):
    failed = trace.noted("failed l0 register")
    begun = [trace.sent("REGISTER", "A", t)[:1] or
             trace.sent("REGISTER", "B", t)[:1] for t in failed[:2]]
    first, second = (b[0] - t for b, t in zip(begun, failed))
    yield 30000 <= first <= 60000, "the first pause is 30 to 60 s"
    yield second > 0 and len(failed) >= 2, "and there is a second pass"


@in_time("R-70", course="answer_late",
         mutation=("userspace/core/rtt.c", "#define K 4", "#define K 400"))
def suspicion(trace):
    suspect = trace.noted("health A up > suspect")
    asked = trace.sent("OPTIONS", "A")
    yield suspect and asked and suspect[0] == asked[0], \
        "later than the round trip suggests: the server is asked"
    yield suspect and 90 <= suspect[0] - trace.sent("REGISTER", "A", 20000)[0] <= 120, \
        "after 100 ms, while T1 stays 500"


unit("R-04", test="test_sipoverd", peer="scripted servers",
     point="a merged copy gets 482 (R-04)",
     mutation=("userspace/agent_receive.c", "if (merged(a)) {", "if (0) {"))
unit("R-11", test="test_sipoverd", peer="scripted servers",
     point="OPTIONS is answered (R-11)",
     mutation=("userspace/agent_receive.c",
               "reply_once(a, 200, accept_sdp);",
               "reply_once(a, 404, accept_sdp);"))
unit("R-20", test="test_txn", peer="none: unit test",
     mutation=(TXN, "[TXN_COMPLETED] = {\n\t\t\t[IN_FINAL] = DO(A),",
               "[TXN_COMPLETED] = {\n\t\t\t[IN_FINAL] = DO(A | D),"))
unit("R-26", test="test_sipoverd_upsize", peer="scripted servers",
     point="tcp: by another connection to the port of its Via",
     mutation=("userspace/agent_receive.c",
               "return (uint16_t)strtoul(colon + 1, NULL, 10);",
               "return 5062;"))
unit("R-43", test="test_sipoverd_keep", peer="scripted STUN server",
     point="the backup's mapping changes: that flow registers anew",
     mutation=(PULSE, "tell_lines(a, s, is_bound, FO_EV_FLOW_CHANGED);",
               "tell_lines(a, 0, is_bound, FO_EV_FLOW_CHANGED);"))
unit("R-71", test="test_sipoverd_netlink", peer="scripted servers",
     point="which is silent: held",
     mutation=("userspace/io/rtnl.c", "return PATH_NO_GATEWAY;",
               "return PATH_USABLE;"))
unit("R-44", test="test_sipoverd_keep", peer="scripted STUN server",
     point="Flow-Timer has STUN sent as often, though it is off (R-44)",
     mutation=("userspace/core/stunkeep.c",
               "k->mode = STUNKEEP_STUN;", ";"))
unit("R-46", test="test_sipoverd_keep", peer="scripted STUN server",
     point="another mapped address: the line registers (R-46)",
     mutation=("userspace/core/stunkeep.c",
               "return changed ? STUNKEEP_ACT_CHANGED : 0;", "return 0;"))
unit("R-48", test="test_sipoverd_keep", peer="scripted STUN server",
     point="keep is offered (R-48)",
     mutation=(PULSE, "a->conf->udp_keepalive != STUNKEEP_OFF;",
               "a->conf->udp_keepalive == STUNKEEP_OFF;"))
unit("R-49", test="test_stunkeep", peer="none: unit test", point="after 39.5 s (R-49)",
     mutation=("userspace/core/stunkeep.c", "wait <<= k->sends - 1;",
               "wait <<= 1;"))
unit("Y-17", "R-34", test="test_sipoverd_kamailio", peer="Kamailio pair, nsd",
     point="all of NAPTR, SRV, A and AAAA, in their order",
     mutation=("userspace/core/location.c",
               "l->found[k - 1].order < rr->priority ||",
               "l->found[k - 1].order > rr->priority ||"))
unit("R-35", test="test_sipoverd_dns", peer="nsd, scripted servers",
     point="a port: addresses only (R-35)",
     mutation=("userspace/core/location.c",
               "if (h)\n\t\tlist_host(list, h, transport, l->cfg.port ?",
               "if (h)\n\t\tlist_host(list, h, transport, 0 ?"))
unit("R-40", test="test_location", peer="none: unit test", point="and only within it: R-40",
     mutation=("userspace/core/location.c",
               "if (i < h->n_ips[1])\n\t\t\tlist_add(list, 1, transport, port, "
               "h->ip[1][i]);\n\t\tif (i < h->n_ips[0])\n\t\t\tlist_add(list, 0,"
               " transport, port, h->ip[0][i]);",
               "if (i < h->n_ips[0])\n\t\t\tlist_add(list, 0, transport, port, "
               "h->ip[0][i]);\n\t\tif (i < h->n_ips[1])\n\t\t\tlist_add(list, 1,"
               " transport, port, h->ip[1][i]);"))
unit("R-41", test="test_location", peer="none: unit test",
     mutation=("userspace/core/location.c",
               "clamp(answer->ttl_s, LOC_NEGATIVE_MIN_S, LOC_NEGATIVE_MAX_S);",
               "LOC_NEGATIVE_MIN_S;"))
