#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""lab.py BUILD: two SIP servers, sipoverd and sipover-web, as tests/web needs
them, in the network namespace that it is started in.

One JSON object a line on standard input, {"do": NAME, ...}, is answered by one
on standard output: {"result": ...} or {"error": text}.  It ends with its input.
"""
import json
import os
import pwd
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "unit"))
import sipoverd_lab as sip  # noqa: E402 - found by the line above

USER = "nobody"
PASSWORD = "a password of the page"
PORT = 8080

LINES = f"""server {{ address = '{sip.A}' }}
    server {{ address = '{sip.B}' }}
}}
line "bob" {{
    user = bob
    domain = example.com
    password = 'pw'
    server {{ address = '{sip.B}' }}"""


class Registrar(sip.Server):
    """Accepts any user whose password is one of these, and tells which."""

    passwords = ("pw", "another one")

    def __init__(self, ip):
        self.used = {}
        super().__init__(ip, algorithm="MD5")

    def authorised(self, m):
        value = m.get("Authorization")
        if not value:
            return False
        f = dict(re.findall(r'(\w+)="?([^",]*)"?', value))

        def hx(text):
            return sip.hashlib.md5(text.encode()).hexdigest()

        for password in self.passwords:
            a1 = hx(f"{f['username']}:t:{password}")
            a2 = hx(f"{m.method}:{f['uri']}")
            if hx(f"{a1}:{f['nonce']}:{f['nc']}:{f['cnonce']}:auth:{a2}") == \
                    f["response"]:
                self.used[f["username"]] = password
                return True
        return False


class Lab:
    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.user = pwd.getpwnam(USER)
        os.chmod(self.dir, 0o755)
        # Where the other user can run it, wherever the tree is.
        os.makedirs(self.dir + "/bin")
        for name in ("sipoverd", "sipover-web"):
            shutil.copy(f"{sip.BUILD}/{name}", f"{self.dir}/bin/{name}")
        self.sipoverd = self.dir + "/bin/sipoverd"
        sip.BUILD = self.dir + "/bin"
        self.a, self.b = Registrar(sip.A), Registrar(sip.B)
        self.daemon = self.web = None
        self.state = self.dir + "/state"
        self.hash = self.dir + "/password"

    def wrap(self):
        return ("setpriv", f"--reuid={self.user.pw_uid}",
                f"--regid={self.user.pw_gid}", "--clear-groups")

    # ---- what the tests ask for ----

    def fresh(self, password=True, page=(), line="", top=""):
        """Everything anew, as before a test."""
        self.stop_web()
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        os.chown(self.state, self.user.pw_uid, self.user.pw_gid)
        for server in (self.a, self.b):
            server.seen, server.used, server.script = [], {}, {}
            if not server.sock:
                server.up()
        self.line, self.top = line, top
        self.start()
        self.start_web(password, page)

    def start(self):
        self.daemon = sip.Daemon(
            dir=self.state, servers=LINES, wrap=self.wrap(),
            top="event_log = ''\n" + self.top, line=self.line)
        if self.daemon.proc.poll() is not None:
            raise RuntimeError("sipoverd ended: " + open(self.state + "/log").read())

    def stop(self, number=signal.SIGTERM):
        if self.daemon and self.daemon.proc.poll() is None:
            self.daemon.proc.send_signal(number)
            if not sip.until(lambda: self.daemon.proc.poll() is not None):
                self.daemon.proc.kill()
            self.daemon.proc.wait()

    def kill(self):
        self.stop(signal.SIGKILL)

    def set_password(self):
        if not os.path.exists(self.hash):
            subprocess.run([sip.BUILD + "/sipover-web", "--set-password",
                            "--password-file", self.hash], check=True,
                           input=PASSWORD + "\n", text=True,
                           stdout=subprocess.DEVNULL)
            os.chown(self.hash, self.user.pw_uid, self.user.pw_gid)
        shutil.copy(self.hash, self.state + "/page-password")
        os.chown(self.state + "/page-password", self.user.pw_uid,
                 self.user.pw_gid)

    def start_web(self, password=True, page=()):
        if password:
            self.set_password()
        self.web_log = open(self.dir + "/web.log", "w", errors="replace")
        self.web = subprocess.Popen(
            [sip.BUILD + "/sipover-web", "--user", USER,
             "--listen", f"127.0.0.1:{PORT}",
             "--control", self.state + "/control.sock",
             "--page", os.environ.get("WEB_PAGE", TOP + "/tools/web/page"),
             "--password-file", self.state + "/page-password", *page],
            stderr=self.web_log)
        if not sip.until(self.web_answers):
            raise RuntimeError("sipover-web: " + open(self.dir + "/web.log").read())

    def web_answers(self):
        s = sip.socket.socket()
        try:
            s.connect(("127.0.0.1", PORT))
        except OSError:
            if self.web.poll() is not None:
                raise RuntimeError("sipover-web ended: " + open(
                    self.dir + "/web.log").read()) from None
            return False
        finally:
            s.close()
        return True

    def stop_web(self):
        if self.web and self.web.poll() is None:
            self.web.terminate()
            if not sip.until(lambda: self.web.poll() is not None):
                self.web.kill()
            self.web.wait()

    def server(self, name, up):
        server = getattr(self, name)
        if up and not server.sock:
            server.up()
        elif not up and server.sock:
            server.down()

    def rpc(self, method, params=None):
        answer = self.daemon.call(method, **(params or {}))
        if "error" in answer:
            raise RuntimeError(json.dumps(answer["error"]))
        return answer["result"]

    def registered(self, line, at):
        """Whether the line works there, once it does."""
        def works():
            for found in self.daemon.status()["lines"]:
                if found["name"] == line:
                    return found["state"] == "registered" and \
                        (found["working"] or "").startswith(at)
            return False
        return sip.until(works)

    def seen(self, name, method="REGISTER"):
        """From and Expires of the requests that a server got."""
        return [{"from": m.get("From"), "contact": m.get("Contact"),
                 "expires": m.get("Expires")}
                for m in getattr(self, name).seen if m.method == method]

    def used(self, name, user):
        return getattr(self, name).used.get(user)

    def read(self, name):
        """A file of the daemon's directory, or null."""
        try:
            with open(f"{self.state}/{name}") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def logs(self):
        out = ""
        for name in (self.state + "/log", self.dir + "/web.log"):
            if os.path.exists(name):
                with open(name, errors="replace") as f:
                    out += f"{os.path.basename(name)}:\n{f.read()[-3000:]}\n"
        return out

    def end(self):
        self.stop_web()
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def reader(lines):
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


def main():
    lab, lines = Lab(), queue.Queue()
    threading.Thread(target=reader, args=(lines,), daemon=True).start()
    try:
        while True:
            sip.pump(0.01)
            try:
                line = lines.get_nowait()
            except queue.Empty:
                continue
            if line is None:
                break
            asked = json.loads(line)
            name = asked.pop("do")
            try:
                answer = {"result": getattr(lab, name)(**asked)}
            except Exception as error:  # the test is told, and judges
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        lab.end()


main()
