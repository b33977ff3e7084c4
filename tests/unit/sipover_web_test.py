#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sipover-web and sipoverd as processes: who may do what, and what comes of it.

usage: sipover_web_test.py BUILD          (in a network namespace of its own)
"""
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from sipover_web_lab import (ALWAYS, CSP, NOBODY, PASSWORD, Browser, Stream,
                             Web, bare, daemon, finish, lab_dir, make_page,
                             secrets, set_password, statuses)
from sipoverd_lab import (A, B, BUILD, Server, ok, points, registered_at,
                          until)


def refused(*arguments, user="nobody"):
    """Exit status and standard error of one that should not start."""
    given = ["--user", user] if user else []
    got = subprocess.run([BUILD + "/sipover-web", *given, *arguments],
                         capture_output=True, text=True, timeout=20)
    return got.returncode, got.stderr


def test_start():
    """What it does not start with."""
    path = lab_dir()
    page = make_page(path)
    with open(path + "/pem", "w") as f:
        f.write("no certificate\n")
    pem = ("--tls-cert", path + "/pem", "--tls-key", path + "/pem")
    ok(refused(user=None)[0] == 77, "not as root")
    ok(refused(user="root")[0] == 77, "not as root by name")
    ok(refused(user="no-such-user")[0] == 67, "not as nobody known")
    for address in ("0.0.0.0:0", "[::]:0", "[2001:db8::1]:0", "192.0.2.1:0"):
        status, said = refused("--listen", address, "--page", page)
        ok(status == 64 and "--tls-cert" in said,
           f"not at {address} without TLS")
    ok(refused("--tls-cert", "x")[0] == 64, "no certificate without its key")
    ok(refused("--metrics-listen", "0.0.0.0:0")[0] == 64,
       "nor /metrics without TLS")
    status, said = refused("--metrics-listen", "0.0.0.0:0", *pem)
    ok(status == 64 and "--metrics-token" in said, "or without a token")
    status, said = refused("--metrics", "--listen", "0.0.0.0:0", *pem)
    ok(status == 64 and "--metrics-token" in said, "wherever it is")
    for wrong in (("--listen", "localhost:80"), ("--name", "a:1"),
                  ("--session-idle", "0"), ("--nonsense",), ("word",)):
        ok(refused(*wrong)[0] == 64, f"not with {' '.join(wrong)}")
    ok(refused("--page", path + "/absent")[0] == 66, "not without its page")
    os.unlink(page + "/index.html")
    ok(refused("--page", page)[0] == 66, "not without index.html")
    make_page(path)
    ok(refused("--page", page, "--listen", "127.0.0.1:0", *pem)[0] == 71,
       "not with a certificate that is none")
    ok(refused("--page", page, "--tls-cert", path + "/absent", "--tls-key",
               path + "/pem")[0] == 66, "nor with one that is not there")
    for option, text in (("--help", "--set-password"), ("--version", "sipover-web ")):
        got = subprocess.run([BUILD + "/sipover-web", option],
                             capture_output=True, text=True)
        ok(got.returncode == 0 and text in got.stdout and not got.stderr,
           f"{option} says what it says")
    shutil.rmtree(path)


def by_terminal(path, *typed):
    """--set-password at a terminal: exit status, what the terminal showed."""
    pid, fd = pty.fork()
    if not pid:
        os.execv(BUILD + "/sipover-web", ["sipover-web", "--set-password",
                                          "--password-file", path])
    shown, left = b"", list(typed)
    while True:
        try:
            if not select.select([fd], [], [], 10)[0]:
                os.kill(pid, signal.SIGKILL)
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
        if left and data.rstrip().endswith(b":"):
            os.write(fd, left.pop(0).encode() + b"\n")
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_password_file():
    path = lab_dir()
    file = path + "/password"
    ok(set_password(path, "short").returncode == 65 and
       not os.path.exists(file), "a short password is refused")
    ok(set_password(path, "x" * 257).returncode == 65, "and a very long one")
    ok(set_password(path, "tab\tin the middle").returncode == 65,
       "and a control character")
    got = set_password(path)
    st = os.stat(file)
    ok(got.returncode == 0 and not got.stdout and not got.stderr and
       st.st_mode & 0o777 == 0o600 and st.st_uid == NOBODY,
       "set from standard input: for the directory's owner alone")
    text = open(file).read()
    ok(text.startswith("$argon2id$v=19$m=12288,t=3,p=1$") and
       PASSWORD not in text, "as a hash of moderate memory")
    status, shown = by_terminal(file, "another good one", "another good one")
    ok(status == 0 and "another" not in shown and open(file).read() != text,
       "at a terminal: asked twice, not shown")
    text = open(file).read()
    status, shown = by_terminal(file, "another good one", "another bad one")
    ok(status == 65 and open(file).read() == text,
       "two that differ change nothing")
    ok(os.listdir(path) == ["password"], "nothing is left beside it")
    got = subprocess.run([BUILD + "/sipover-web", "--set-password",
                          "--password-file", path + "/absent/password"],
                         input=PASSWORD, capture_output=True, text=True)
    ok(got.returncode == 73, "no directory, no password")
    shutil.rmtree(path)


def test_no_password(path):
    web = Web(path)
    b = Browser(web.port)
    login, session = b.login(), b.get("/api/session")
    want = {"error": "no_password", "command": "sipover-web --set-password"}
    ok(login.status == 503 and login.json() == want, "no password: 503, and "
       "what to do")
    ok(session.status == 503 and session.json() == want, "session says so too")
    ok(statuses((b.get("/api/status"), 401, "session")), "the rest is closed")
    set_password(path)
    ok(b.login().status == 200, "set by hand while it runs: used at once")
    ok(b.get("/api/session").status == 200, "logged in")
    set_password(path, "and yet another one")
    ok(statuses((b.get("/api/session"), 401, "session")),
       "set anew by hand: all sessions end")
    os.unlink(path + "/password")
    ok(b.get("/api/session").status == 503, "taken away: 503 again")
    finish(web, "without a password")
    set_password(path)


def test_files(web):
    b = Browser(web.port)
    a = b.get("/")
    ok(a.status == 200 and b"<title>page" in a.body and
       a.headers["Content-Type"] == "text/html; charset=utf-8", "the page")
    ok(all(a.headers.get(k) == v for k, v in ALWAYS.items()) and
       a.headers["Content-Security-Policy"] == CSP,
       "with all that protects it")
    ok(b.get("/app.js").headers["Content-Type"].startswith("text/javascript")
       and b.get("/look.css").headers["Content-Type"].startswith("text/css")
       and b.get("/icon.svg").headers["Content-Type"] == "image/svg+xml",
       "each file with its type")
    again = b.get("/app.js", If_None_Match=b.get("/app.js").headers["ETag"])
    ok(again.status == 304 and not again.body, "not sent twice")
    head = b.ask("HEAD", "/app.js")
    ok(head.status == 200 and not head.body, "HEAD")
    got = [b.get(p) for p in (
        "/../password", "/..%2fpassword", "/%2e%2e/password", "//password",
        "/./app.js", "/page/app.js", "/.hidden.js", "/notes.md", "/core",
        "/app.js/", "/app.js%00.html", "/password", "/\\..\\password",
        "/....//password", "/%252e%252e/password", "/index.html/../app.js")]
    ok(statuses(*((a, 404, "not_found") for a in got)), "no path but the names of "
       "the page's files")
    ok(b.get("/app.js?x=/../y").status == 200, "a query is no path")
    ok(statuses((b.post("/"), 405, "method"), (b.ask("PUT", "/app.js"), 405, "method")) and
       b.post("/").headers["Allow"] == "GET, HEAD", "nothing else than reading")


def test_login(web):
    b = Browser(web.port, source="127.0.0.20")
    ok(statuses((b.login("wrong password"), 401, "password")),
       "a wrong password")
    ok(statuses((b.post("/api/login", "{"), 400, "body"),
                (b.post("/api/login", {}), 400, "body"),
                (b.post("/api/login", {"password": 1}), 400, "body"),
                (b.post("/api/login", {"password": "x", "user": "y"}), 400, "body"),
                (b.post("/api/login", {"password": "x" * 300}), 400, "body"),
                (b.post("/api/login", b"\xff\x00"), 400, "body")),
       "bodies that are no login")
    ok(statuses((b.post("/api/login", Content_Type="text/plain"), 415, "type"),
                (b.post("/api/login", Content_Type="application/x-www-form-urlencoded"), 415, "type")),
       "what a form of another page could send")
    a = b.login()
    cookie = [c for c in a.headers.get_all("Set-Cookie")
              if c.startswith("session=")][0]
    ok(a.status == 200 and set(a.json()) == {"csrf", "expires_s"} and
       890 <= a.json()["expires_s"] <= 900, "the right one")
    ok("HttpOnly" in cookie and "SameSite=Strict" in cookie and
       "Secure" not in cookie and "Path=/" in cookie, "its cookie")
    ok(a.headers["Cache-Control"] == "no-store", "is kept nowhere")
    ok(b.get("/api/session").json()["csrf"] == b.csrf, "session says the same")
    old = dict(b.cookies)
    b.login()
    stale = Browser(web.port)
    stale.cookies = old
    ok(b.cookies["session"] != old["session"] and
       statuses((stale.get("/api/session"), 401, "session")),
       "logged in again: another session, the old one is over")
    ok(statuses((b.post("/api/logout", X_CSRF_Token=None), 403, "csrf"),
                (b.post("/api/logout", X_CSRF_Token="0" * 64), 403, "csrf"),
                (b.post("/api/logout", X_CSRF_Token=b.csrf.upper()), 403, "csrf"),
                (b.post("/api/logout", X_CSRF_Token=b.cookies["session"]), 403, "csrf"),
                (b.post("/api/logout", Origin="http://evil.example"), 403, "csrf"),
                (b.post("/api/logout", Origin="null"), 403, "csrf"),
                (b.post("/api/login", Origin="http://evil.example"), 403, "csrf")),
       "no POST from another page")
    ok(b.post("/api/logout", Origin=f"http://127.0.0.1:{web.port}").status == 200,
       "from this one")
    ok(statuses((b.get("/api/session"), 401, "session"),
                (b.get("/api/events"), 401, "session"),
                (b.post("/api/config"), 401, "session")), "logged out")
    for wrong in ("0" * 64, "", "x", b.cookies["session"] + "0"):
        b.cookies["session"] = wrong
        ok(b.get("/api/status").status == 401, f"a made up cookie {wrong[:5]}")


def test_refused(web):
    """Before anybody is asked who he is."""
    b = Browser(web.port)
    b.login()
    hosts = {h: b.get("/", Host=h).status for h in (
        "localhost", f"LOCALHOST:{web.port}", "127.0.0.1", "[::1]:9",
        "phone.example", "evil.example", "localhost.evil.example", "192.0.2.1",
        "127.0.0.1.evil.example", "")}
    ok([h for h, s in hosts.items() if s == 200] ==
       list(hosts)[:5] and all(s in (421, 400) for s in list(hosts.values())[5:]),
       "a Host that is not of this phone (DNS rebinding)")
    ok(statuses((b.get("/api/status", Host="evil.example"), 421, "host")),
       "even logged in")
    ok(statuses((b.get("/api/nothing"), 404, "not_found"),
                (b.get("/api/login"), 405, "method"),
                (b.post("/api/status"), 405, "method"),
                (b.ask("DELETE", "/api/config"), 405, "method"),
                (b.get("/metrics"), 404, "not_found")), "no such path, method")
    ok(b.ask("DELETE", "/api/config").headers["Allow"] == "GET, POST",
       "and which there are")
    ok(statuses((b.post("/api/config", b"x" * 65537), 413, "too_long"),
                (b.post("/api/config", b"x" * 5000000), 413, "too_long"),
                (b.post("/api/config", b"[" * 65536), 400, "body"),
                (b.post("/api/config", "[]"), 400, "body"),
                (b.post("/api/config", "{}", Content_Type="text/plain"), 415, "type"),
                (b.post("/api/hangup", {"call": "x"}), 400, "body"),
                (b.post("/api/register", {"line": 1}), 400, "body")),
       "bodies that are too long, or something else")
    s = socket.create_connection(("127.0.0.1", web.port))
    s.sendall(b"POST /api/login HTTP/1.1\r\nHost: localhost\r\n"
              b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
              (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 20 + b"0\r\n\r\n")
    ok(b" 413 " in s.recv(4096).split(b"\r\n")[0], "in pieces as well")
    s.close()
    garbage = 0
    for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + b"\r\n",
                 b"\0" * 1000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                 b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"):
        s = socket.create_connection(("127.0.0.1", web.port))
        s.settimeout(10)
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            garbage += b" 200 " not in s.recv(4096).split(b"\r\n")[0]
        except OSError:
            garbage += 1
        s.close()
    ok(garbage == 7 and b.get("/api/session").status == 200,
       "what is no request ends its connection, nothing else")


def test_rate(web):
    b = Browser(web.port, source="127.0.0.30")
    got = [b.login("wrong password").status for _ in range(4)]
    a = b.login()
    ok(got == [401] * 4 and statuses((a, 429, "rate")) and
       a.json()["retry_s"] == 1 and a.headers["Retry-After"] == "1",
       "after some wrong ones even the right one has to wait")
    # A wait that lasts until the next few questions are answered.
    ok(until(lambda: b.login("wrong password").json().get("retry_s", 0) > 2, 20),
       "longer with each further one")
    other = Browser(web.port, source="127.0.0.31")
    ok(other.login().status == 200, "not from another address")
    known = Browser(web.port, source="127.0.0.30")
    known.cookies = {"device": other.cookies["device"]}
    ok(known.login().status == 200, "not the browser that was in before")
    b.cookies = {"device": other.cookies["device"][:-1] +
                 ("0" if other.cookies["device"][-1] != "0" else "1")}
    ok(b.login().status == 429, "but not one that only says so")
    b.cookies = {}
    ok(until(lambda: b.login().status == 200), "and then it may")
    ok(b.login("wrong password").status == 401 and b.login().status == 200,
       "with all forgiven")
    for _ in range(4):
        b.post("/api/password", {"old": "guess", "new": "long enough"})
    ok(b.post("/api/password", {"old": PASSWORD, "new": "long enough"}).status
       == 429, "who has the session guesses no faster")


def test_change(web):
    b, other = (Browser(web.port, source="127.0.0.40") for _ in range(2))
    b.login(), other.login()
    new = "a new one, long enough"
    secrets.append(new)
    ok(statuses((b.post("/api/password", {"old": "wrong", "new": new}), 401, "password"),
                (b.post("/api/password", {"old": PASSWORD, "new": "short"}), 422, "unfit"),
                (b.post("/api/password", {"old": PASSWORD}), 400, "body")),
       "no new password without the old one, none that is short")
    a = b.post("/api/password", {"old": PASSWORD, "new": new})
    ok(a.status == 200 and a.json()["csrf"] == b.csrf and
       b.get("/api/session").status == 200, "with it: this session stays")
    ok(other.get("/api/session").status == 401, "all others end")
    ok(other.login().status == 401 and other.login(new).status == 200,
       "the new one counts")
    ok(b.post("/api/password", {"old": new, "new": PASSWORD}).status == 200,
       "and back")


def test_daemon(web, d, a):
    """What the page shows is what the control socket says."""
    b = Browser(web.port)
    b.login()
    ok(until(lambda: b.get("/api/status").status == 200),
       "the daemon starts: it is found")
    got = b.get("/api/status").json()
    want = d.status()
    ok(got["lines"][0]["aor"] == want["lines"][0]["aor"] and
       set(got) == set(want), "status")
    ok(set(b.get("/api/stats").json()["counters"]) ==
       set(d.call("stats")["result"]["counters"]), "stats")
    trace = b.get("/api/trace?line=alice")
    ok(trace.status == 200 and trace.json()["rows"] and
       all("line" in row for row in trace.json()["rows"]), "trace of a line")
    ok(b.get("/api/trace?line=nobody").status == 404, "that there is")
    ok(b.get("/api/trace?line=%ff").status == 400, "by a name that is text")
    got = b.get("/api/config?line=alice")
    ok(got.status == 200 and [x["name"] for x in got.json()["lines"]] ==
       ["alice"] and b.get("/api/config?line=nobody").status == 404,
       "the configuration of a line")
    for path in ("/api/config", "/api/failovers"):
        method = path.split("/")[-1]
        there = "error" not in d.call(method)
        ok(b.get(path).status == (200 if there else 501),
           f"{method}, if this daemon has it")
    stream = Stream(b)
    ok(stream.head.headers["Content-Type"] == "text/event-stream" and
       until(lambda: stream.states() == ["here"]), "events: first, whether "
       "the daemon is there")
    n = a.count("REGISTER")
    ok(b.post("/api/register", {"line": "alice"}).json() == {} and
       until(lambda: a.count("REGISTER") > n), "register: it does")
    ok(until(lambda: "registered" in stream.types() and "tx" in stream.types()),
       "and its events come")
    ok(statuses((b.post("/api/register", {"line": "nobody"}), 404, "not_found"),
                (b.post("/api/hangup", {"call": 99}), 404, "not_found"),
                (b.post("/api/hangup", {"call": -1}), 400, "params")),
       "no such line, no such call")
    call = d.dial()
    until(lambda: d.state(call) == "up")
    ok(b.post("/api/hangup", {"call": call}).status == 200 and
       until(lambda: d.state(call) is None), "hangup")
    return b, stream


def test_restart(web, d, b, stream, path):
    d.end()
    ok(until(lambda: stream.states() == ["here", "away"]),
       "the daemon ends: the stream says so")
    ok(statuses((b.get("/api/status"), 503, "daemon_away"),
                (b.post("/api/config"), 503, "daemon_away")), "the rest as well")
    ok(b.get("/api/session").status == 200, "nobody is logged out")
    d = daemon(path)
    ok(until(lambda: stream.states() == ["here", "away", "here"]),
       "it is back: the stream says so")
    ok(until(lambda: b.get("/api/status").status == 200), "and the rest goes on")
    del stream.lines[:]
    ok(until(lambda: registered_at(d, A)) and
       b.post("/api/register", {"line": "alice"}).status == 200 and
       until(lambda: "registered" in stream.types()), "with its events")
    return d


def test_many(web, a):
    """50 sessions at once."""
    people, failed = [], []

    def live():
        try:
            b = Browser(web.port)
            if b.login().status != 200:
                raise RuntimeError("login")
            s = Stream(b)
            for _ in range(5):
                if b.get("/api/status").status != 200:
                    raise RuntimeError("status")
            people.append((b, s))
        except (OSError, RuntimeError) as error:
            failed.append(error)

    threads = [threading.Thread(target=live) for _ in range(50)]
    for t in threads:
        t.start()
    ok(until(lambda: not any(t.is_alive() for t in threads), 60) and
       len(people) == 50, "50 sessions at once log in, read and listen")
    for error in failed[:3]:
        print(f"# {error!r}")
    ok(people[0][0].post("/api/register", {"line": "alice"}).status == 200 and
       until(lambda: all("registered" in s.types() for _, s in people)),
       "and each of them gets the events")
    first = people[0][0]
    for _ in range(20):
        Browser(web.port).login()
    ok(first.get("/api/session").status == 200,
       "64 are the most; the one used longest ago goes first")
    for _, s in people:
        s.close()


class Slow:
    """A request that is never whole: a byte a second."""

    def __init__(self, port):
        self.begun, self.took = time.monotonic(), None
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        self.sock.settimeout(1)
        try:
            self.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            while time.monotonic() - self.begun < 60:
                self.sock.sendall(b"x")
                try:
                    if not self.sock.recv(100):
                        break
                except TimeoutError:
                    pass
        except OSError:
            pass
        self.took = time.monotonic() - self.begun


def test_lines(web, path):
    """A daemon of 1500 lines: the page asks for all of them, or one."""
    d = daemon(path, top="register_rate = 1\n" + "".join(
        f'line "l{i}" {{ user = u{i} domain = example.com password = pw '
        f"server {{ address = '{A}' }} }}\n" for i in range(1499)))
    b = Browser(web.port)
    b.login()
    ok(until(lambda: b.get("/api/status").status == 200) and
       len(b.get("/api/status").json()["lines"]) == 1500,
       "status of 1500 lines")
    got = b.get("/api/config")
    ok(got.status == 200 and len(got.json()["lines"]) == 1500,
       "their configuration")
    one = b.get("/api/config?line=l1400")
    ok(one.json()["lines"] == [x for x in got.json()["lines"]
                               if x["name"] == "l1400"], "or that of one")
    return d


def main():
    test_start()
    test_password_file()
    path = lab_dir()
    test_no_password(path)
    web = Web(path, "--name", "phone.example")
    slow = [Slow(web.port) for _ in range(20)]
    test_files(web)
    test_login(web)
    test_refused(web)
    test_rate(web)
    test_change(web)
    ok(Browser(web.port).login().status == 200, "while others are slow")
    a, b = Server(A), Server(B)
    d = daemon(path)
    until(lambda: registered_at(d, A))
    browser, stream = test_daemon(web, d, a)
    d = test_restart(web, d, browser, stream, path)
    test_many(web, a)
    ok(until(lambda: stream.ended), "and its stream ends with it")
    browser.login()
    stream = Stream(browser)
    ok(until(lambda: all(s.took for s in slow), 40) and
       all(15 < s.took < 30 for s in slow),
       "who takes more than 20 s for a request is cut off")
    ok(until(lambda: stream.comments(), 15), "a quiet stream says that it lives")
    d.end()
    d = test_lines(web, path)
    ok(not bare, f"each answer carried what protects it {bare[:3]}")
    finish(web, "with streams open")
    ok(until(lambda: stream.ended), "which end with it")
    d.end()
    shutil.rmtree(path)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
