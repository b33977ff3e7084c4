#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""crowd.py: those who watch a phone, a process of their own for load.py.

  clients SOCKET N read|never    N that subscribe at the control socket
  sessions PORT N PASSWORD       N browsers at sipover-web, each logged in

A browser does what the page does while it shows the status, or (each fifth)
the failovers: the files and the first questions, one stream of events, and
behind an event the question, at most one in PAUSE_S (page/throttle.js).

Says "ready" once all that is done and nothing waits; ends with its standard
input, and says what happened: events, answers, their times in ms.
"""
import http.client
import json
import os
import select
import socket
import sys
import time

PAUSE_S = 0.5           # page/throttle.js
SUBSCRIBE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe"})
FIRST = ("/", "/main.js", "/base.css", "/api/session", "/api/config",
         "/api/trace")


class Clients:
    """At the control socket."""

    def __init__(self, register, path, n, read):
        self.events = 0
        self.socks = []
        for _ in range(int(n)):
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
            s.sendall(SUBSCRIBE.encode() + b"\n")
            s.recv(65536)
            self.socks.append(s)
            if read == "read":
                register(s, lambda now, s=s: self.heard(s))

    def heard(self, sock):
        got = sock.recv(1 << 20)
        if not got:
            raise RuntimeError("a client was cut off that reads")
        self.events += got.count(b"\n")

    @staticmethod
    def due():
        return None

    @staticmethod
    def idle():
        return True

    def did(self):
        return {"events": self.events}


class Browser:
    """One session: a stream, and a connection for what is asked."""

    def __init__(self, port, password, path, ready):
        self.path, self.to, self.register = path, ("127.0.0.1", port), ready
        self.asker = self.stream = self.timer = self.asked = None
        self.wanted, self.answer, self.heard = False, b"", b""
        self.events, self.ms = 0, []
        c = http.client.HTTPConnection(*self.to, timeout=30)
        c.request("POST", "/api/login", json.dumps({"password": password}),
                  {"Content-Type": "application/json"})
        got = self.must(c, "login")
        self.cookie = "; ".join(x.split(";")[0] for x in
                                got.headers.get_all("Set-Cookie"))
        c.close()

    @staticmethod
    def must(c, what):
        got = c.getresponse()
        body = got.read()
        # The trace is kept only if the configuration says so.
        if got.status != 200 and what != "/api/trace":
            raise RuntimeError(f"{what}: {got.status} {body}")
        return got

    def open_page(self):
        c = http.client.HTTPConnection(*self.to, timeout=30)
        for first in (*FIRST, self.path):
            c.request("GET", first, headers={"Cookie": self.cookie})
            self.must(c, first)
        c.close()
        self.stream = socket.create_connection(self.to)
        self.stream.sendall(self.request("/api/events"))
        while b"event: daemon" not in self.heard:
            self.heard += self.stream.recv(65536)
        self.register(self.stream, self.heard_more)

    def request(self, path):
        return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.to[1]}\r\n"
                f"Cookie: {self.cookie}\r\n\r\n").encode()

    def ask(self, now):
        """throttled() of page/throttle.js."""
        if self.timer or self.asked:
            self.wanted = True
            return
        if not self.asker:
            self.asker = socket.create_connection(self.to)
            self.register(self.asker, self.answered_more)
        self.timer, self.asked = now + PAUSE_S, now
        self.asker.sendall(self.request(self.path))

    def tick(self, now):
        if self.timer and now >= self.timer:
            self.timer = None
        if not self.timer and not self.asked and self.wanted:
            self.wanted = False
            self.ask(now)

    def heard_more(self, now):
        got = self.stream.recv(1 << 20)
        if not got:
            raise RuntimeError("a stream ended")
        # A word that two reads share is still found.
        text = self.heard[-8:] + got
        n = text.count(b"event: ") - self.heard[-8:].count(b"event: ")
        self.heard = got if len(got) >= 8 else text
        if n:
            self.events += n
            self.ask(now)

    def answered_more(self, now):
        got = self.asker.recv(1 << 20)
        if not got and not self.asked:
            # One that is idle for long is closed, as by any server.
            self.register(self.asker, None)
            self.asker = None
            return
        if not got:
            raise RuntimeError("a question had no answer")
        self.answer += got
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return
        fields = head.lower().split(b"\r\n")
        length = next(int(f[15:]) for f in fields
                      if f.startswith(b"content-length:"))
        if len(body) < length:
            return
        if b" 200 " not in fields[0]:
            raise RuntimeError(f"{self.path}: {self.answer}")
        self.ms.append((now - self.asked) * 1000)
        self.answer, self.asked = b"", None


class Sessions:
    def __init__(self, register, port, n, password):
        self.all = [Browser(int(port), password, "/api/status" if i % 5 else
                            "/api/failovers", register)
                    for i in range(int(n))]
        for b in self.all:
            b.open_page()

    def due(self):
        now = time.monotonic()
        for b in self.all:
            b.tick(now)
        return min((b.timer for b in self.all if b.timer), default=None)

    def idle(self):
        return not any(b.timer or b.asked or b.wanted for b in self.all)

    def did(self):
        return {"events": sum(b.events for b in self.all),
                "ms": sorted(x for b in self.all for x in b.ms)}


class Loop:
    """Sockets, and what is called when one can be read."""

    def __init__(self):
        self.poll, self.calls = select.poll(), {}
        self.poll.register(0, select.POLLIN)

    def register(self, sock, call):
        fd = sock.fileno()
        if call:
            self.calls[fd] = call
            self.poll.register(fd, select.POLLIN)
        else:
            del self.calls[fd]
            self.poll.unregister(fd)

    def run(self, crowd):
        told = False
        while True:
            due = crowd.due()
            if not told and crowd.idle():
                told = True
                print("ready", flush=True)
            wait = None if due is None else \
                max(0, (due - time.monotonic()) * 1000 + 1)
            for fd, _ in self.poll.poll(wait):
                if fd in self.calls:
                    self.calls[fd](time.monotonic())
                elif fd == 0 and not os.read(0, 64):
                    return


def main():
    kind, *how = sys.argv[1:]
    loop = Loop()
    crowd = {"clients": Clients, "sessions": Sessions}[kind](loop.register,
                                                             *how)
    loop.run(crowd)
    print(json.dumps(crowd.did()), flush=True)


if __name__ == "__main__":
    main()
