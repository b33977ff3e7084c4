# SPDX-License-Identifier: BSD-2-Clause
"""BYE: the user ends a call whose server is gone."""
import signal

from invite import up
from lab import A, B, CALLEE, at, ok, until
from plan import CALL, REQUEST, SCHEMA, shows
from registration import FANVIL



@shows("F-35", "F-36", peer="Kamailio pair, the primary stopped",
       mutation=(SCHEMA, FANVIL % (3, 3), FANVIL % (1, 3)))
def primary_first(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone(t1=100)
    n = up(d)
    ok(n, "a call is up by the primary")
    a.signal(signal.SIGSTOP)
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1),
       "the primary is silent: the BYE arrives all the same")
    ok(len(lab.wire.sent("BYE", A)) == 4,
       "after four copies of it at the primary")


@shows("F-37", peer="Kamailio pair",
       mutation=(CALL, "return c->pass.tried || (home != FO_NONE && home != "
                 "server);", "return !is_bye(c);"))
def register_first(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone()
    n = up(d)
    a.down()
    lab.wire.clear()
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1), "the BYE arrives")
    order = lab.wire.order()
    ok(order[0] == ("BYE", A) and ("REGISTER", B) in order and
       order.index(("REGISTER", B)) < order.index(("BYE", B)),
       "BYE at the primary, REGISTER, then BYE at the backup")
    ok(lab.wire.got(200, "REGISTER", B)[0].time <
       lab.wire.sent("BYE", B)[0].time, "after the 200")


@shows("F-38", "F-39", "C-09", peer="Kamailio pair",
       mutation=(REQUEST,
                 "if (!k->bye_cseq)\n\t\t\tk->bye_cseq = ",
                 "if (1)\n\t\t\tk->bye_cseq = "))
def by_backup(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone()
    e = lab.events(d)
    n = up(d)
    a.down()
    d.call("hangup", call=n)
    ok(until(lambda: e.states()[-1] in ("ending", "free")),
       "for the user it is over at once")
    ok(until(lambda: lab.wire.got(200, "BYE", B)), "the backup answers 200")
    ok(callee.count("BYE") == 1, "the callee got one BYE")
    first = lab.wire.sent("BYE", A)[0]
    copy = lab.wire.sent("BYE", B)[0]
    ok(all(first.get(x) == copy.get(x) for x in
           ("Call-ID", "CSeq", "From", "To", "Route")) and
       copy.start == first.start and CALLEE in copy.start and
       copy.branch() != first.branch(),
       "dialog, CSeq and Route as they were")
    ok(until(lambda: d.state(n) is None), "and the call is forgotten")


@shows("R-16", peer="Kamailio pair without shared dialogs",
       mutation=(CALL, "/* R-16: whatever the answer to a BYE, the call is "
                 "over */\n\t\tif (is_bye(c))", "if (0)"))
def unshared(lab):
    a = lab.kamailio(A)
    lab.kamailio(B, [("loose_route() || ", ""), (
        'sl_send_reply("404", "Not Here")',
        'sl_send_reply("481", "No Such Dialog")')])
    lab.callee()
    d = lab.phone()
    e = lab.events(d)
    n = up(d)
    a.down()
    d.call("hangup", call=n)
    ok(until(lambda: lab.wire.got(481, "BYE", B)),
       "the backup does not know the dialog")
    ok(until(lambda: d.state(n) is None), "the call is over all the same")
    ok(not e.of("failed"), "and nobody is bothered")
    ok(up(d), "the line works")


@shows("C-02", peer="SIPp silent to BYE, twice",
       mutation=(REQUEST,
                 "if (conf->retry_counts_are == CONF_ATTEMPTS && n > 0)",
                 "if (0)"))
def attempts(lab):
    for ip in A, B:
        lab.sipp(ip, INVITE=["200 OK"], BYE=None)
    d = lab.phone(t1=20, line="retry_counts = 2\nretry_counts_are = attempts")
    n = up(d)
    d.call("hangup", call=n)
    ok(until(lambda: lab.wire.sent("BYE", B)), "the BYE moves")
    ok(len(lab.wire.sent("BYE", A)) == 2, "after two copies, not three")


@shows("C-03", peer="SIPp 503 to BYE, SIPp backup",
       mutation=(REQUEST, "&conf->bye_codes, status);",
                 "&conf->bye_codes, status) && r->method != SIP_BYE;"))
def unavailable(lab):
    """What REGISTER and INVITE do with 500 and 503: F-11, F-12, Y-06, R-17."""
    lab.sipp(A, INVITE=["200 OK"], BYE=["503 Service Unavailable"])
    lab.sipp(B)
    d = lab.phone()
    n = up(d)
    d.call("hangup", call=n)
    ok(until(lambda: lab.wire.got(200, "BYE", B)),
       "503 to a BYE: it goes to the backup")
    lab.over(d)
    d = lab.phone(line="bye_failover_codes = 504", wait=None)
    ok(until(lambda: at(d, A) or at(d, B)), "another set of codes")
    d.call("register", line="alice")
    ok(until(lambda: at(d, A)), "at the primary")
    n = up(d)
    lab.wire.clear()
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None) and lab.wire.got(503, "BYE", A) and
       not lab.wire.sent("BYE", B), "503 is not in it: the BYE ends there")


@shows("C-13", peer="Kamailio pair",
       mutation=(CALL, "return fo->working;\n\treturn c->server;",
                 "return fo->working;\n\treturn 0;"))
def stays_with_its_server(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone(line="failback_interval = 10", probe=1)
    a.down()
    n = up(d)
    ok(n and until(lambda: at(d, B)), "a call is up by the backup")
    a.up()
    ok(until(lambda: at(d, A), 20), "the line is back at the primary")
    ok(d.state(n) == "up", "the call is still up")
    lab.wire.clear()
    other = up(d)
    ok(other and {m.dst for m in lab.wire.sent("INVITE")} == {A},
       "a new one takes the primary")
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1), "the old one ends")
    ok({m.dst for m in lab.wire.sent("BYE")} == {B},
       "where its dialog was made")
