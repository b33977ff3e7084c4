# SPDX-License-Identifier: BSD-2-Clause
"""For tests of sipover-web as a process: the process itself, a browser that
holds each answer against what all answers must have, event streams, and a
control socket whose answers the test decides."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading

from sipoverd_lab import BUILD, Daemon, ok, until

NOBODY = 65534
PASSWORD = "correct horse battery"
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; "
       "connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
       "base-uri 'none'; form-action 'self'")
ALWAYS = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff",
          "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
bare = []       # answers without what all must have
secrets = []    # what no log may hold


def lab_dir():
    """A directory of the user that both processes run as."""
    path = tempfile.mkdtemp()
    os.chown(path, NOBODY, NOBODY)
    return path


def daemon(path, **more):
    """sipoverd as that user, from a copy that he can reach."""
    shutil.copy(BUILD + "/sipoverd", path)
    wrap = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            "--clear-groups", "sh", "-c", 'shift; exec "$0/sipoverd" "$@"', path]
    return Daemon(dir=path, wrap=wrap, **more)


def make_page(path):
    page = path + "/page"
    os.makedirs(page, exist_ok=True)
    for name, text in (("index.html", "<!doctype html><title>page</title>"),
                       ("app.js", "export {};\n"), ("look.css", "p { }\n"),
                       ("icon.svg", "<svg/>"), (".hidden.js", "secret"),
                       ("notes.md", "secret"), ("core", "secret")):
        with open(f"{page}/{name}", "w") as f:
            f.write(text)
    return page


def set_password(path, password=PASSWORD):
    """By standard input; the process."""
    secrets.append(password)
    return subprocess.run([BUILD + "/sipover-web", "--set-password",
                           "--password-file", path + "/password"],
                          input=password + "\n", capture_output=True, text=True)


class Web:
    """sipover-web on a free port of 127.0.0.1."""

    def __init__(self, path, *options, listen="127.0.0.1:0", control=None):
        self.path = path
        self.log = open(f"{path}/web.log", "w+", errors="replace")
        self.proc = subprocess.Popen(
            [BUILD + "/sipover-web", "--user", "nobody", "--page",
             make_page(path), "--password-file", path + "/password",
             "--control", control or path + "/control.sock",
             "--listen", listen, *options], stderr=self.log)
        until(lambda: self.proc.poll() is not None or "<6>ready" in self.said())
        self.ports = [int(n) for n in re.findall(r" port=(\d+)", self.said())]
        self.port = self.ports[0] if self.ports else 0

    def said(self):
        with open(f"{self.path}/web.log", errors="replace") as f:
            return f.read()

    def end(self):
        """Status and log."""
        self.proc.send_signal(signal.SIGTERM)
        until(lambda: self.proc.poll() is not None, 5)
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.log.close()
        return self.proc.returncode, self.said()


class Answer:
    def __init__(self, got, body):
        self.status, self.headers, self.body = got.status, got.headers, body
        for name, value in ALWAYS.items():
            if got.headers.get_all(name) != [value]:
                bare.append((got.status, name))

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json().get("error")

    def cookies(self):
        return dict(c.split(";")[0].split("=", 1)
                    for c in self.headers.get_all("Set-Cookie") or ())


class Browser:
    """One person: cookies, the CSRF token, where it sits (source)."""

    def __init__(self, port, host="127.0.0.1", source=None, tls=None):
        self.port, self.host, self.source, self.tls = port, host, source, tls
        self.cookies, self.csrf = {}, None

    def connection(self, timeout=30):
        source = (self.source, 0) if self.source else None
        if self.tls:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.tls,
                source_address=source)
        return http.client.HTTPConnection(self.host, self.port,
                                          timeout=timeout,
                                          source_address=source)

    def fields(self, more=()):
        fields = {}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{k}={v}" for k, v in
                                         self.cookies.items())
        fields.update(more)
        return {k: v for k, v in fields.items() if v is not None}

    def ask(self, method, path, body=None, **more):
        """more: header fields with _ for -, None: without it."""
        c = self.connection()
        fields = {k.replace("_", "-"): v for k, v in more.items()}
        if method == "POST":
            fields.setdefault("Content-Type", "application/json")
            fields.setdefault("X-CSRF-Token", self.csrf)
            if not isinstance(body, (bytes, str)):
                body = json.dumps({} if body is None else body)
        try:
            c.request(method, path, body, self.fields(fields))
            got = c.getresponse()
            return Answer(got, got.read())
        finally:
            c.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def login(self, password=PASSWORD, **more):
        answer = self.post("/api/login", {"password": password}, **more)
        if answer.status == 200:
            self.cookies.update(answer.cookies())
            self.csrf = answer.json()["csrf"]
            secrets.extend([self.csrf, *answer.cookies().values()])
        return answer


class Stream:
    """GET /api/events, read by a thread of its own."""

    def __init__(self, browser):
        self.lines, self.ended = [], False
        c = browser.connection()
        c.request("GET", "/api/events", headers=browser.fields())
        # Closing the answer alone would leave the connection open.
        self.connection, self.answer = c, c.getresponse()
        self.head = Answer(self.answer, b"") if self.answer.status == 200 \
            else Answer(self.answer, self.answer.read())
        self.thread = threading.Thread(target=self.read, daemon=True)
        if self.answer.status == 200:
            self.thread.start()

    def read(self):
        try:
            for line in self.answer:
                self.lines.append(line.decode().rstrip("\n"))
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        self.ended = True

    def events(self):
        """[(type, data)] of those that are whole."""
        got, kind = [], None
        for line in list(self.lines):
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                got.append((kind, json.loads(line[6:])))
        return got

    def types(self):
        return [kind for kind, _ in self.events()]

    def states(self):
        return [data["state"] for kind, data in self.events()
                if kind == "daemon"]

    def comments(self):
        return sum(line.startswith(":") for line in self.lines)

    def close(self):
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.connection.close()


class Control:
    """A control socket; answer(method, params) returns what is answered: a
    result, Error, bytes as they are, or None: nothing."""

    class Error(Exception):
        def __init__(self, code, message="why", data=None):
            super().__init__(message)
            self.json = {"code": code, "message": message}
            if data is not None:
                self.json["data"] = data

    def __init__(self, path, answer):
        self.answer, self.asked, self.peers = answer, [], []
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        os.chmod(path, 0o777)
        self.sock.listen(4)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        try:
            for line in peer.makefile("rb"):
                self.one(peer, json.loads(line))
        except OSError:
            pass

    def one(self, peer, request):
        method, params = request["method"], request.get("params")
        self.asked.append((method, params))
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            got = {} if method == "subscribe" else self.answer(method, params)
            if got is None:
                return
            if isinstance(got, bytes):
                peer.sendall(got)
                return
            answer["result"] = got
        except Control.Error as error:
            answer["error"] = error.json
        peer.sendall(json.dumps(answer).encode() + b"\n")

    def event(self, **params):
        self.raw(json.dumps({"jsonrpc": "2.0", "method": "event",
                             "params": params}).encode() + b"\n")

    def raw(self, data):
        for peer in self.peers:
            try:
                peer.sendall(data)
            except OSError:
                pass

    def close(self):
        for sock in (self.sock, *self.peers):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


def finish(web, what):
    status, log = web.end()
    leaked = [s for s in secrets if s and s in log]
    good = status == 0 and "runtime error" not in log and "ERROR:" not in log
    if not ok(good and not leaked, f"{what}: ends with status 0, no secret in "
              "its log"):
        print(f"# status {status}, leaked {leaked}")
        print("# " + "\n# ".join(log.splitlines()[-40:]))


def statuses(*pairs):
    """[(answer, status, error)], said if one is another."""
    wrong = [(a.status, a.body[:80], s, e) for a, s, e in pairs
             if a.status != s or (e and a.error() != e)]
    if wrong:
        print(f"# {wrong}")
    return not wrong


def tls_context(ca, lowest=None, highest=None):
    context = ssl.create_default_context(cafile=ca)
    if highest:
        # What OpenSSL would not offer by itself.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = lowest, highest
    return context
