# SPDX-License-Identifier: BSD-2-Clause
"""REGISTER: where it goes, when it moves, what makes it move."""
from lab import A, B, at, ok, until
from plan import shows

REG, CALL, SCHEMA = ("userspace/core/fo_reg.c", "userspace/core/fo_call.c",
                     "userspace/codec/conf_schema.c")


@shows("Y-01", "F-01", "F-27", "F-28", "Y-31", peer="Kamailio pair",
       mutation=(REG, "if (pass_pick(fo_servers(fo), fo->reg.tried, FO_NONE) =="
                 " FO_NONE) {", "if (1) {"))
def backup_takes_over(lab):
    a, b = lab.pair()
    d = lab.phone()
    ok("registered" not in b.said(), "the backup has no binding")
    a.down()
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the primary is killed: the line is at the "
       "backup")
    order = lab.wire.order()
    ok(order[0] == ("REGISTER", A) and order[-1] == ("REGISTER", B),
       "asked last, after the primary")
    ok("registered by udp" in b.said() and
       lab.wire.got(200, "REGISTER", B), "by its 200")


@shows("F-11", peer="SIPp 500, Kamailio backup",
       mutation=(SCHEMA, ".proxy_interval = CONF_INHERIT,\n\t\t.expires = 3600,"
                 "\n\t\t.register_codes = { { 500, 503 } },",
                 ".proxy_interval = CONF_INHERIT,\n\t\t.expires = 3600,"
                 "\n\t\t.register_codes = { { 503 } },"))
def register_500(lab):
    lab.sipp(A, REGISTER=["500 Server Internal Error"])
    lab.kamailio(B)
    d = lab.phone(wait=B)
    ok(len(lab.wire.new("REGISTER", A)) == 1, "the primary was asked once")
    ok(d.line()["servers"][0]["health"] == "blocked",
       "and counts as unavailable")
