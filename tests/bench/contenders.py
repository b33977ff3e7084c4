# SPDX-License-Identifier: BSD-2-Clause
"""Who is measured.  A contender has a port of its own and knows how to

  start(wrap)   run, below the command `wrap` (strace, valgrind) if there is one
  prepare()     believe that A is alive
  go()          send an INVITE to A
  settle()      be ready for the next one
"""
import json
import os
import shutil
import socket
import time

from lab import A, B, PHONE, Lines

URI = "sip:callee@bench.test"


class Contender:
    first = "INVITE"        # what is sent to B first

    def __init__(self, lab, name, port):
        self.lab, self.name, self.port = lab, name, port
        self.process = None

    def start(self, wrap=(), measured=True):
        self.process = self.lab.start(self.name, list(wrap) + self.command(),
                                      measured=measured)
        self.lines = Lines(self.process.stdout)
        self.started()

    def started(self):
        if self.lines.until("ready", 30) is None:
            raise RuntimeError(f"{self.name} did not start")

    def prepare(self):
        pass

    def go(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def settle(self):
        pass

    def end(self):
        if self.process:
            self.lab.end(self.process)
            self.process = None


class Limit(Contender):
    def command(self):
        return [f"{self.lab.bench}/{self.name}", PHONE, str(self.port), A, B]


class Nua(Contender):
    def command(self):
        return [self.lab.bench + "/nua_peer", PHONE, str(self.port), URI]

    def settle(self):
        if self.lines.until("done", 10) is None:
            raise RuntimeError("nua_peer: the call does not end")


class Sipoverd(Contender):
    """register: the order of Fanvil's document, REGISTER at B before the INVITE
    goes there."""

    def __init__(self, lab, name, port, daemon, register=False):
        super().__init__(lab, name, port)
        self.daemon, self.register = daemon, register
        self.dir = f"{lab.out}/{name}"
        if register:
            self.first = "REGISTER"

    def command(self):
        os.makedirs(self.dir, exist_ok=True)
        path = self.dir + "/conf"
        with open(path, "w", encoding="ascii") as f:
            f.write(f"""control = '{self.dir}/sock'
state_dir = '{self.dir}'
local_v4 = '{PHONE}'
local_v6 = ''
port = {self.port}
detect = sockets
t4 = 100
probe_interval = 0
line "bench" {{
	user = bench
	domain = bench.test
	register_before_resend = {"true" if self.register else "false"}
	failback_interval = 0
	server {{ address = '{A}' }}
	server {{ address = '{B}' }}
}}
""")
        return [self.daemon, "-c", path]

    def started(self):
        end = time.monotonic() + 30
        self.rpc = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.rpc.connect(self.dir + "/sock")
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} did not start") from None
                self.lines.next(0.01)
        self.answers = Lines(self.rpc)

    def call(self, method, **params):
        self.rpc.sendall(json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": method,
            "params": params}).encode() + b"\n")
        line = self.answers.next(20)
        if line is None or "result" not in json.loads(line):
            raise RuntimeError(f"{self.name}: {method}: {line}")
        return json.loads(line)["result"]

    def until(self, condition, what):
        end = time.monotonic() + 30
        while not condition(self.call("status")):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name}: not {what}")
            self.lines.next(0.005)

    def at_primary(self, status):
        line = status["lines"][0]
        return line["state"] == "registered" and \
            (line["working"] or "").startswith(A + ":") and \
            line["servers"][0]["health"] == "up"

    def prepare(self):
        self.lab.primary("up")
        self.call("register", line="bench")
        self.until(self.at_primary, "registered at A")
        self.until_quiet()

    def until_quiet(self):
        """What follows a failback (an UNREGISTER at B, a REGISTER at A) is over:
        no message within 20 ms, and each request has its answer."""
        before, end = None, time.monotonic() + 30
        while time.monotonic() < end:
            c = self.call("stats")["counters"]
            now = c["tx_requests"], c["rx_responses"]
            if now == before:
                return
            before = now
            self.lines.next(0.02)
        raise RuntimeError(f"{self.name}: not quiet")

    def go(self):
        self.call("call", line="bench", uri=URI)

    def settle(self):
        self.until(lambda s: not s["calls"], "done with the call")

    def end(self):
        if self.process:
            self.rpc.sendall(b'{"jsonrpc":"2.0","method":"shutdown"}\n')
            self.rpc.close()
        super().end()


class Baresip(Contender):
    """Debian's package, without audio modules.  It finds its servers by DNS SRV
    as nua does: a list of servers it takes for registration only."""

    def command(self):
        at = f"{self.lab.out}/{self.name}"
        os.makedirs(at, exist_ok=True)
        with open(at + "/config", "w", encoding="ascii") as f:
            f.write(f"""sip_listen {PHONE}:{self.port}
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module_app account.so
module_app menu.so
""")
        with open(at + "/accounts", "w", encoding="ascii") as f:
            f.write("<sip:bench@bench.test>;regint=0\n")
        return ["baresip", "-f", at]

    def started(self):
        if self.lines.until("baresip is ready", 30) is None:
            raise RuntimeError("baresip did not start")

    def go(self):
        self.process.stdin.write(f"/dial {URI}\n".encode())
        self.process.stdin.flush()


class Linphone(Contender):
    """Debian's linphonec, without sound devices."""

    def command(self):
        at = f"{self.lab.out}/{self.name}"
        shutil.rmtree(at, ignore_errors=True)
        os.makedirs(at + "/.local/share/linphone")
        with open(at + "/rc", "w", encoding="ascii") as f:
            f.write(f"""[sip]
sip_port={self.port}
sip_tcp_port=0
sip_tls_port=0
register_only_when_network_is_up=0
default_proxy=-1
contact=sip:bench@{PHONE}:{self.port}
""")
        return ["env", "HOME=" + at, "linphonec", "-c", at + "/rc"]

    def started(self):
        # Its prompt is no line.
        self.process.stdin.write(b"help\n")
        self.process.stdin.flush()
        if self.lines.until("Commands are", 30) is None:
            raise RuntimeError("linphonec did not start")

    def go(self):
        self.process.stdin.write(f"call {URI}\n".encode())
        self.process.stdin.flush()
