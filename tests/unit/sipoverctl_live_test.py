#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sipoverctl on a terminal: colour, and the live status: drawn in its place,
within the screen, until interrupted.

usage: sipoverctl_live_test.py SIPOVERCTL FAKE_SIPOVERD
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

CTL, FAKE = sys.argv[1:3]
points = [0, 0]


def ok(cond, name):
    points[0] += 1
    points[1] += not cond
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}", flush=True)


def until(cond, seconds=10):
    end = time.monotonic() + seconds
    while not cond():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.02)
    return True


class Terminal:
    def __init__(self, *arguments, columns=80, rows=24, **env):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        self.proc = subprocess.Popen(
            [CTL, "--socket", path, *arguments], stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
            env={**clean, "TERM": "xterm", **env})
        os.close(slave)
        self.text = ""

    def read(self):
        while select.select([self.master], [], [], 0.02)[0]:
            try:
                got = os.read(self.master, 65536)
            except OSError:
                return True
            self.text += got.decode(errors="replace")
        return False

    def end(self, sig=None):
        if sig:
            self.proc.send_signal(sig)
        until(lambda: self.read() or self.proc.poll() is not None)
        self.proc.wait()
        self.read()
        return self.proc.returncode


def test_color():
    for env, wanted in (({}, True), ({"NO_COLOR": "1"}, False),
                        ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)):
        t = Terminal("status", **env)
        t.end()
        ok(("\033[31mdown\033[0m" in t.text) == wanted,
           f"on a terminal {env}: {'colour' if wanted else 'none'}")


def pictures(text):
    """Each without its escapes."""
    parts = text.split("\033[H")[2:]
    return [re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", p).replace("\r", "")
            for p in parts]


def test_live():
    t = Terminal("status", "--watch")
    ok(until(lambda: t.read() or t.text.count("\033[H") >= 5),
       "drawn again and again")
    ok(t.text.count("\033[2J") == 1, "the screen is cleared once, at first")
    ok(t.end(signal.SIGINT) == 0, "Ctrl-C: status 0")
    ok(t.text.endswith("\033[?25h") and "\033[?25l" in t.text,
       "the cursor is back")
    whole = pictures(t.text)[0]
    ok("line alice" in whole and "call 1" in whole and "sipoverd 0.1.0" in
       whole, "what status prints")
    ok(all(len(line) <= 80 for p in pictures(t.text)
           for line in p.split("\n")), "no line over 80 columns")
    t = Terminal("status", "--watch", columns=30, rows=5)
    until(lambda: t.read() or t.text.count("\033[H") >= 4)
    ok(t.end(signal.SIGTERM) == 0, "SIGTERM: status 0")
    ok(all(len(line) <= 30 for p in pictures(t.text)
           for line in p.split("\n")) and
       all(p.count("\n") <= 5 for p in pictures(t.text)) and
       "..." in t.text, "a small screen gets what fits")


def test_file():
    with tempfile.NamedTemporaryFile() as out:
        p = subprocess.Popen([CTL, "--socket", path, "status", "--watch"],
                             stdout=out)

        def said():
            with open(out.name, encoding="utf-8") as f:
                return f.read()
        ok(until(lambda: said().count("line alice") >= 2) and
           "\033" not in said(), "into a file: one behind the other")
        p.send_signal(signal.SIGINT)
        ok(p.wait() == 0, "until interrupted")


tmp = tempfile.mkdtemp()
path = tmp + "/stay"
fake = subprocess.Popen([sys.executable, FAKE, path, "stay"], stdin=subprocess.PIPE)
ok(until(lambda: os.path.exists(path)), "a fake daemon")
test_color()
test_live()
test_file()
t = Terminal("status", "--watch")
until(lambda: t.read() or t.text.count("\033[H") >= 2)
fake.stdin.close()
fake.wait()
ok(t.end() == 69 and "\033[?25h" in t.text, "the daemon goes: status 69")
os.unlink(path)
os.rmdir(tmp)
print(f"1..{points[0]}")
sys.exit(points[1] != 0)
