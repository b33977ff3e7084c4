#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What sipover-web makes of what the control socket says, or does not; how
long a session lasts; who may read the metrics.

usage: sipover_web_answers_test.py BUILD  (in a network namespace of its own)
"""
import json
import shutil
import sys
import threading

from sipover_web_lab import (Browser, Control, Stream, Web, bare, finish,
                             lab_dir, set_password, statuses)
from sipoverd_lab import ok, points, until

E = Control.Error


class Phone:
    """The configuration as conflicts see it, and what a test wants besides."""

    def __init__(self):
        self.revision, self.next = 1, None

    def __call__(self, method, params):
        if self.next:
            got, self.next = self.next, None
            if isinstance(got, Exception):
                raise got
            return got[0]
        if method == "config":
            return {"revision": str(self.revision), "lines": []}
        if method == "config_apply":
            if params.get("revision") != str(self.revision):
                raise E(-32004, "conflict", {"revision": str(self.revision)})
            if not params.get("dry_run"):
                self.revision += 1
            return {"revision": str(self.revision)}
        if method == "metrics":
            return {"families": [{
                "name": "sipover_uptime_seconds", "type": "gauge",
                "help": "how long", "samples": [{"labels": {}, "value": 7}]}]}
        return {"method": method, "params": params}


def test_errors(b, phone):
    for code, path, status, error in (
            (-32004, "/api/config", 409, "conflict"),
            (-32005, "/api/config", 422, "invalid"),
            (-32006, "/api/config", 507, "store"),
            (-32602, "/api/config", 422, "invalid"),
            (-32601, "/api/config", 501, "method"),
            (-32600, "/api/config", 502, "daemon"),
            (-32001, "/api/register", 404, "not_found"),
            (-32002, "/api/register", 409, "state"),
            (-32003, "/api/register", 409, "limit"),
            (-32602, "/api/register", 400, "params")):
        phone.next = E(code, "the reason")
        body = {"line": "x"} if "register" in path else {}
        ok(statuses((b.post(path, body), status, error)),
           f"{code} becomes {status} {error}")
    errors = [{"line": "a", "section": "server", "index": 0, "key": "port",
               "message": "1..65535"}]
    phone.next = E(-32005, "invalid", {"errors": errors})
    ok(b.post("/api/config", {}).json() == {"error": "invalid", "errors": errors},
       "with the errors at their fields")
    phone.next = E(-32006, "disk full")
    ok(b.post("/api/config", {}).json()["message"] == "disk full",
       "or with the reason")


def test_passed(b, control):
    ok(b.get("/api/trace?line=a%26b").json() ==
       {"method": "trace", "params": {"line": "a&b"}}, "a line of the query")
    ok(b.get("/api/failovers").json() ==
       {"method": "failovers", "params": {}}, "or none")
    body = {"revision": "1", "lines": [{"name": "ä", "set": {"password": None}}],
            "remove": ["b"], "dry_run": True}
    ok(b.post("/api/config", body).status == 200 and
       ("config_apply", body) in control.asked, "a configuration as it is")
    b.post("/api/hangup", {"call": 7})
    ok(("hangup", {"call": 7}) in control.asked, "a call by its number")
    ok(b.post("/api/config", {"x": "y" * 65000}).status == 409,
       "up to what a request may have")
    ok(statuses((b.post("/api/config", json.dumps({"x": "é" * 32700}, ensure_ascii=False)
                        .encode()[:65530] + b'"}'), 400, "body")),
       "cut in the middle")


def test_conflict(b, port):
    """Two people apply the same form."""
    other = Browser(port)
    other.login()
    revision = b.get("/api/config").json()["revision"]
    form = {"revision": revision, "lines": []}
    first, second = b.post("/api/config", form), other.post("/api/config", form)
    ok(first.status == 200 and statuses((second, 409, "conflict")) and
       second.json()["revision"] == first.json()["revision"],
       "two people apply: the second is told whose it is now")
    form["revision"] = second.json()["revision"]
    ok(other.post("/api/config", form).status == 200, "and can look again")
    results = []
    form = {"revision": b.get("/api/config").json()["revision"]}
    threads = [threading.Thread(target=lambda: results.append(
        b.post("/api/config", form).status)) for _ in range(10)]
    for t in threads:
        t.start()
    until(lambda: len(results) == 10)
    ok(sorted(results) == [200] + [409] * 9, "of ten at once one is first")


def test_strange(b, phone, control):
    """A daemon that is not quite itself."""
    stream = Stream(b)
    until(lambda: stream.states())
    big = {"x": "y" * 3000000}
    phone.next = (big,)
    ok(b.get("/api/status").json() == big, "an answer of 3 MB")
    late = []
    phone.next = (None,)
    t = threading.Thread(target=lambda: late.append(b.get("/api/status")))
    t.start()
    until(lambda: phone.next is None)
    ok(b.get("/api/stats").status == 200, "one that does not come holds up "
       "no other")
    control.raw(b'nonsense\n{"id":999,"result":1}\n[]\n"x"\n'
                b'{"method":"event"}\n{"method":"event","params":{"type":"a b"}}\n')
    control.event(type="health", server="x", text="line\r\n\r\nevent: evil")
    ok(until(lambda: "health" in stream.types()) and
       set(stream.types()) == {"daemon", "health"} and
       stream.events()[-1][1]["text"] == "line\r\n\r\nevent: evil",
       "nonsense on the socket, then an event: as it is")
    ok(b.get("/api/stats").status == 200, "and the answers find their requests")
    ok(until(lambda: late and statuses((late[0], 503, "daemon_away")), 20),
       "what is not answered in 10 s is told so")
    for n in range(3000):
        control.event(type="tx", n=n, text="x" * 400)
    ok(until(lambda: stream.ended or
             (stream.events() and stream.events()[-1][1].get("n") == 2999)),
       "a flood of events: all of them, or an end")
    phone.next = (b"x" * (33 << 20),)
    ok(statuses((b.get("/api/status"), 503, "daemon_away")),
       "a line without end is not waited for")
    ok(until(lambda: b.get("/api/stats").status == 200), "it is asked again")
    stream.close()


def test_slow_reader(b, control):
    """Who does not read his events is left behind, at no cost to others."""
    s = b.connection()
    s.request("GET", "/api/events", headers=b.fields())
    other = Stream(b)
    until(lambda: other.states())
    for n in range(20):
        for _ in range(1000):
            control.event(type="tx", n=n, text="x" * 400)
        until(lambda: other.ended or other.events()[-1][1].get("n") == n)
        if other.ended:
            other = Stream(b)
            until(lambda: other.states())
    ok(b.get("/api/stats").status == 200, "8 MB of events that one does not "
       "read: the others go on")
    s.close()
    other.close()


def test_expiry(path, control):
    web = Web(path, "--session-idle", "2", control=control)
    b = Browser(web.port)
    a = b.login()
    ok(a.json()["expires_s"] <= 2, "a session of 2 s")
    stream = Stream(b)
    used = [b.get("/api/session").status for _ in range(20)]
    ok(used == [200] * 20 and not stream.ended, "lasts while it is used")
    ok(until(lambda: stream.ended, 8), "a stream is no use: it ends with it")
    ok(statuses((b.get("/api/status"), 401, "session")), "and so does the rest")
    finish(web, "idle")
    web = Web(path, "--session-life", "2", control=control)
    b = Browser(web.port)
    b.login()
    ok(until(lambda: b.get("/api/session").status == 401, 8),
       "used or not, no session is longer than its life")
    finish(web, "old")


def test_metrics(path, control, phone):
    with open(path + "/token", "w") as f:
        f.write("a bearer token\n")
    web = Web(path, "--metrics-listen", "127.0.0.1:0", control=control)
    page, metrics = Browser(web.ports[0]), Browser(web.ports[1])
    until(lambda: metrics.get("/metrics").status != 503)
    a = metrics.get("/metrics")
    ok(a.status == 200 and b"\nsipover_uptime_seconds 7\n" in a.body and
       a.headers["Content-Type"].startswith("text/plain; version=0.0.4"),
       "metrics at an address of their own, as Prometheus reads them")
    ok(page.get("/metrics").status == 404, "not where the page is")
    ok(statuses((metrics.get("/"), 404, "not_found"),
                (metrics.get("/api/session"), 404, "not_found"),
                (metrics.post("/api/login", {"password": "x"}), 404, "not_found"),
                (metrics.get("/metrics", Host="evil.example"), 421, "host")),
       "and nothing else is there")
    finish(web, "metrics")
    web = Web(path, "--metrics", "--metrics-token", path + "/token",
              control=control)
    b = Browser(web.port)
    until(lambda: b.get("/metrics", Authorization="Bearer a bearer token")
          .status != 503)
    a = b.get("/metrics")
    ok(statuses((a, 401, "token"),
                (b.get("/metrics", Authorization="Bearer a bearer toke"), 401, "token"),
                (b.get("/metrics", Authorization="Bearer a bearer token2"), 401, "token"),
                (b.get("/metrics", Authorization="Basic eDp5"), 401, "token")) and
       a.headers["WWW-Authenticate"] == "Bearer", "with a token: not without it")
    ok(b.get("/metrics", Authorization="Bearer a bearer token").status == 200,
       "with it")
    phone.next = E(-32601, "no such method")
    ok(statuses((b.get("/metrics", Authorization="Bearer a bearer token"), 501, "method")),
       "if the daemon has any")
    b.login()
    ok(b.get("/metrics").status == 401, "a session is none")
    finish(web, "token")


def main():
    path = lab_dir()
    set_password(path)
    phone = Phone()
    control = Control(path + "/fake.sock", phone)
    web = Web(path, control=path + "/fake.sock")
    b = Browser(web.port)
    b.login()
    until(lambda: b.get("/api/stats").status == 200)
    test_errors(b, phone)
    test_passed(b, control)
    test_conflict(b, web.port)
    test_strange(b, phone, control)
    test_slow_reader(b, control)
    ok(not bare, f"each answer carried what protects it {bare[:3]}")
    finish(web, "odd answers")
    test_expiry(path, path + "/fake.sock")
    test_metrics(path, path + "/fake.sock", phone)
    control.close()
    shutil.rmtree(path)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
