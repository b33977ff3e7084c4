#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad input: each is refused or survived, counted, named in the log, and the
line works on (the table in docs/security.md).

usage: sipoverd_bad_test.py BUILD          (in a network namespace of its own)
"""
import socket
import sys

from sipoverd_lab import (A, B, PHONE, STRANGER, Daemon, Message, Server, ok,
                          points, pump, registered_at, request, until)

T1 = 50     # ms: a retry budget is 750 ms, 64*T1 3200 ms
PEER = (PHONE, 5060)


def finish(d, what, *peers, log_has=()):
    status, log = d.end()
    ok(all(text in log for text in log_has),
       f"{what}: named in the log: {', '.join(log_has) or '-'}")
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in peers:
        s.seen.clear(), s.script.clear()


def says(server, status, extra=()):
    return lambda m, peer: server.answer(m, peer, status, list(extra))


def transactions(server, method):
    return len({m.branch() for m in server.seen if m.method == method})


def works_again(d, a, what):
    """The server is right again: by hand at once (C-25)."""
    a.script.clear()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, A), 5), f"{what}: works afterwards")


def refused(a, b, what, script, times, log_has=()):
    """The REGISTER counts as rejected: a pause, no other server, no loop."""
    a.script["REGISTER"] = script
    d = Daemon(t1=T1)
    ok(until(lambda: d.line()["state"] == "wait", 5), f"{what}: rejected")
    n = transactions(a, "REGISTER")
    ok(n == times and not b.count("REGISTER"),
       f"{what}: after {n} of {times} requests, none elsewhere")
    works_again(d, a, what)
    finish(d, what, a, b, log_has=log_has)


def dropped(a, b, what, script):
    """The response cannot be read: as none, the backup takes the line."""
    a.script["REGISTER"] = script
    d = Daemon(t1=T1)
    ok(until(lambda: registered_at(d, B), 5), f"{what}: at the backup")
    ok(d.counter("rx_bad_bad_value"), f"{what}: counted")
    works_again(d, a, what)
    finish(d, what, a, b, log_has=["why=malformed: bad_value"])


def challenge(params, proxy=False):
    return ("407 Proxy Authentication Required", [
        f"Proxy-Authenticate: Digest {params}"]) if proxy else \
        ("401 Unauthorized", [f"WWW-Authenticate: Digest {params}"])


def test_challenges(a, b):
    what = "challenge of an unknown algorithm"
    refused(a, b, what, says(a, *challenge('realm="t", nonce="n", '
                                           'algorithm=CRC-32')), 1,
            ["no algorithm that we know"])
    refused(a, b, "challenge with qop=auth-int only",
            says(a, *challenge('realm="t", nonce="n", qop="auth-int"')), 1,
            ["no algorithm that we know"])
    refused(a, b, "401 without a challenge", says(a, "401 Unauthorized"), 1)
    dropped(a, b, "challenge without realm", says(a, *challenge('nonce="n"')))
    dropped(a, b, "challenge without nonce", says(a, *challenge('realm="t"')))
    count = [0]

    def changing(m, peer, stale=""):
        count[0] += 1
        a.answer(m, peer, *challenge(
            f'realm="t", nonce="n{count[0]}", qop="auth"{stale}'))
    refused(a, b, "another nonce each time", changing, 3,
            ["outcome=rejected status=401"])
    refused(a, b, "stale for ever", lambda m, p: changing(m, p, ", stale=true"),
            3, ["outcome=rejected status=401"])
    refused(a, b, "the same nonce again",
            says(a, *challenge('realm="t", nonce="n", qop="auth"')), 2,
            ["wrong user or password"])

    def both(m, peer):
        count[0] += 1
        a.answer(m, peer, *challenge(
            f'realm="t", nonce="{count[0]}", qop="auth"', count[0] % 2))
    refused(a, b, "401 and 407 in turn", both, 5, ["outcome=rejected"])
    refused(a, b, "407 to REGISTER for ever",
            says(a, *challenge('realm="t", nonce="n", qop="auth"', True)), 2,
            ["wrong user or password"])


def ours(m, expires):
    return ["Contact: %s;expires=%s" % (m.get("Contact"), expires)]


def granted(a, what, extra, good):
    """200 with these lines; good: of the seconds that the line counts on."""
    a.script["REGISTER"] = lambda m, p: a.answer(m, p, "200 OK", extra(m))
    d = Daemon(t1=T1, servers=f"server {{ address = '{A}' expires = 600 }}")
    until(lambda: registered_at(d, A), 5)
    s = d.line()["registered_until_s"]
    ok(registered_at(d, A) and good(s) and d.line()["state"] == "registered",
       f"{what}: registered for {s} s")
    finish(d, what, a)


def test_granted(a, b):
    refused(a, b, "200 to REGISTER with expires 0",
            lambda m, p: a.answer(m, p, "200 OK", ours(m, 0)), 1,
            ["granted for 0 s"])
    refused(a, b, "200 to REGISTER with Expires: 0",
            says(a, "200 OK", ["Expires: 0"]), 1, ["granted for 0 s"])
    dropped(a, b, "negative expires",
            lambda m, p: a.answer(m, p, "200 OK", ours(m, -5)))
    dropped(a, b, "negative Expires", says(a, "200 OK", ["Expires: -5"]))
    day, asked = 86400, range(590, 601)
    granted(a, "expires of 2^32 - 1", lambda m: ours(m, 2 ** 32 - 1),
            lambda s: day - 10 < s <= day)
    granted(a, "expires of 30 digits", lambda m: ours(m, "9" * 30),
            lambda s: day - 10 < s <= day)
    granted(a, "1 s granted: no storm", lambda m: ours(m, 1),
            lambda s: 5 <= s <= 10)
    granted(a, "no expires at all", lambda m: ["Contact: " + m.get("Contact")],
            lambda s: s in asked)
    granted(a, "no Contact at all", lambda m: [], lambda s: s in asked)
    granted(a, "a foreign Contact only",
            lambda m: ["Contact: <sip:x@192.0.2.66>;expires=7"],
            lambda s: s in asked)
    many = ", ".join(f"<sip:x@192.0.2.{i}>;expires=60" for i in range(100))
    granted(a, "100 foreign Contacts before ours",
            lambda m: ["Contact: " + many] + ours(m, 60),
            lambda s: 50 < s <= 60)
    granted(a, "100 foreign Contacts only", lambda m: ["Contact: " + many],
            lambda s: 50 < s <= 60)


def test_redirects(a, b, stranger):
    for status in "301 Moved Permanently", "302 Moved Temporarily":
        for to in A, STRANGER:
            what = f"{status[:3]} to {to}"
            refused(a, b, "REGISTER: " + what,
                    says(a, status, [f"Contact: <sip:alice@{to}>"]), 1,
                    ["outcome=rejected status=" + status[:3]])
            a.script["INVITE"] = says(a, status,
                                      [f"Contact: <sip:callee@{to}>"])
            d = Daemon(t1=T1)
            until(lambda: registered_at(d, A))
            number = d.dial()
            ok(until(lambda: a.count("ACK") and d.state(number) is None, 5),
               f"INVITE: {what}: the call fails, with an ACK")
            ok(transactions(a, "INVITE") == 1 and not b.count("INVITE") and
               registered_at(d, A), f"INVITE: {what}: it is not followed")
            finish(d, "INVITE: " + what, a, b)
    ok(not stranger.seen, "nothing ever went to the stranger")


def test_interval(a, b):
    for what, extra in (("without Min-Expires", []),
                        ("with Min-Expires: 0", ["Min-Expires: 0"]),
                        ("with 2^32", ["Min-Expires: %d" % 2 ** 32])):
        refused(a, b, "423 " + what,
                says(a, "423 Interval Too Brief", extra), 1,
                ["outcome=rejected status=423"])
    count = [0]

    def more(m, peer):
        count[0] += 1
        a.answer(m, peer, "423 Interval Too Brief",
                 ["Min-Expires: %d" % (3600 + 60 * count[0])])
    refused(a, b, "423 with more each time", more, 3,
            ["outcome=rejected status=423"])


def test_retry_after(a, b):
    for what, value in ("0", "0"), ("huge", "9" * 30):
        a.script["REGISTER"] = says(a, "503 Unavailable",
                                    ["Retry-After: " + value])
        d = Daemon(t1=T1)
        ok(until(lambda: registered_at(d, B), 5), f"Retry-After {what}: to B")
        ok(transactions(a, "REGISTER") == 1 and
           d.line()["servers"][0]["health"] == "blocked",
           f"Retry-After {what}: the server is left alone")
        works_again(d, a, f"Retry-After {what}")
        finish(d, f"Retry-After {what}", a, b)
    for value in "soon", "-1", "5x":
        dropped(a, b, f"Retry-After: {value}",
                says(a, "503 Unavailable", ["Retry-After: " + value]))


def response(m, status="403 Forbidden", **other):
    """To the request m; other: header lines to be different."""
    lines = {k: m.get(k) for k in ("Via", "From", "To", "Call-ID", "CSeq")}
    lines["To"] += ";tag=forged"
    lines.update({k.replace("_", "-"): v for k, v in other.items()})
    head = "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    return f"SIP/2.0 {status}\r\n{head}Content-Length: 0\r\n\r\n".encode()


def udp(ip, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ip, port))
    return s


def test_forged(a, b):
    seen = []
    a.script["REGISTER"] = lambda m, p: seen.append(m)
    d = Daemon(t1=400)
    until(lambda: seen)
    m = seen[0]
    other_port, other_host = udp(A, 5070), udp(B, 5070)
    cseq = m.get("CSeq")
    for what, counter, sock, data in (
            ("another host", "rx_wrong_source", other_host, response(m)),
            ("another port of the server", "rx_wrong_source", other_port,
             response(m)),
            ("another server", "rx_wrong_source", b.sock, response(m)),
            ("a wrong branch", "rx_unmatched", a.sock,
             response(m, Via=m.get("Via").replace(m.branch(), "z9hG4bKx"))),
            ("another method", "rx_unmatched", a.sock,
             response(m, CSeq=cseq.replace("REGISTER", "OPTIONS"))),
            ("another CSeq", "rx_misfit", a.sock,
             response(m, CSeq="7" + cseq)),
            ("another Call-ID", "rx_misfit", a.sock,
             response(m, Call_ID="x" + m.get("Call-ID"))),
            ("another From tag", "rx_misfit", a.sock,
             response(m, From=m.get("From")[:-1])),
            ("no From tag", "rx_misfit", a.sock,
             response(m, From=m.get("From").split(";")[0]))):
        before = d.counter(counter)
        sock.sendto(data, PEER)
        ok(until(lambda: d.counter(counter) == before + 1) and
           d.line()["state"] == "trying",
           f"response with {what}: refused, counted")
    a.script.clear()
    ok(until(lambda: registered_at(d, A), 8), "the genuine one counts")
    ok(not b.count("REGISTER"), "and the line has moved nowhere")
    finish(d, "forged responses", a, b,
           log_has=["why=wrong_source", "why=unmatched", "why=misfit"])
    other_port.close(), other_host.close()


def test_forged_tcp(a):
    """By UDP to what was asked by TCP."""
    listener = socket.create_server((A, 5060))
    d = Daemon(t1=400, servers=f"server {{ address = '{A}' transport = tcp }}")
    listener.settimeout(5)
    conn, _ = listener.accept()
    conn.settimeout(5)
    m = Message(conn.recv(65536))
    a.sock.sendto(response(m), PEER)
    ok(until(lambda: d.counter("rx_wrong_source") == 1) and
       d.line()["state"] == "trying",
       "a response by UDP to a request by TCP: refused, counted")
    conn.sendall(response(m, "200 OK", Expires="300"))
    ok(until(lambda: registered_at(d, A)), "the one by TCP counts")
    conn.close(), listener.close()
    finish(d, "UDP for TCP", a, log_has=["why=wrong_source"])


def test_late_2xx(a, b):
    """A 2xx that crosses the CANCEL: ACK and BYE (R-30)."""
    invite = []

    def ring(m, peer):
        invite.append((m, peer))
        a.answer(m, peer, "180 Ringing", tag="callee")

    def cancel(m, peer):
        a.answer(m, peer, "200 OK")
        for _ in range(2):
            a.answer(*invite[0], "200 OK",
                     [f"Contact: <sip:callee@{A}:5060>"], "callee")
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    a.script["INVITE"], a.script["CANCEL"] = ring, cancel
    number = d.dial()
    until(lambda: d.state(number) == "ringing")
    d.call("hangup", call=number)
    ok(until(lambda: a.count("ACK") >= 2 and a.count("BYE")),
       "a 2xx to a cancelled INVITE, and its copy: ACK and BYE")
    ok(until(lambda: d.state(number) is None) and
       transactions(a, "BYE") == 1 and a.last("BYE").tag("To") == "callee",
       "one BYE, and the call is gone")
    finish(d, "late 2xx", a, b)


def test_strangers(a, b, stranger):
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    number = d.dial()
    until(lambda: d.state(number) == "up" and a.count("ACK"))
    invite = a.last("INVITE")
    n = 0
    for method in "INVITE", "BYE", "CANCEL", "REGISTER", "MESSAGE":
        data = request(method, 9, "s" + method,
                       call_id=invite.get("Call-ID"), tag=invite.tag("From"))
        stranger.sock.sendto(data.replace(b"tag=far", b"tag=callee"), PEER)
        n += 1
        ok(until(lambda: d.counter("rx_foreign") == n), f"{method} of a "
           "stranger who knows the call: counted")
    ok(until(lambda: len([m for m in stranger.seen
                          if m.start.startswith("SIP/2.0 403")]) == n),
       "each is answered 403")
    ok(d.state(number) == "up" and registered_at(d, A),
       "call and registration are as before")
    d.call("hangup", call=number)
    until(lambda: d.state(number) is None)
    finish(d, "strangers", a, b, log_has=["why=stranger"])


def main():
    a, b, stranger = Server(A), Server(B, "MD5"), Server(STRANGER)
    pump(0)
    test_challenges(a, b)
    test_granted(a, b)
    test_redirects(a, b, stranger)
    test_interval(a, b)
    test_retry_after(a, b)
    test_forged(a, b)
    test_forged_tcp(a)
    test_late_2xx(a, b)
    test_strangers(a, b, stranger)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
