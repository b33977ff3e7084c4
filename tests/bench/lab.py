# SPDX-License-Identifier: BSD-2-Clause
"""The lab of the benchmark: two namespaces and one veth pair, nothing between.

   phone 10.9.0.2  eth0 ---- eth0  10.9.0.11  A, the primary
   (all contenders,                10.9.0.12  B, the backup
    the observer)                  10.9.0.13  DNS       (servers.py)

All contenders share the phone's address; each has a port of its own, by which
the observer's lines are told apart.
"""
import contextlib
import os
import select
import signal
import subprocess
import time

PHONE, A, B, DNS = "10.9.0.2", "10.9.0.11", "10.9.0.12", "10.9.0.13"
HERE = os.path.dirname(os.path.abspath(__file__))


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


class Lines:
    """Lines of a pipe, with a limit on the wait."""

    def __init__(self, pipe):
        self.fd, self.rest = pipe.fileno(), b""

    def next(self, seconds):
        """The next line, or None: none within that time, or the end."""
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            if not select.select([self.fd], [], [], max(0, left))[0]:
                return None
            got = os.read(self.fd, 65536)
            if not got:
                return None
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode("latin-1")

    def until(self, start, seconds):
        end = time.monotonic() + seconds
        while True:
            line = self.next(end - time.monotonic())
            if line is None or line.startswith(start):
                return line


class Stamp:
    """One line of the observer."""

    def __init__(self, line):
        ns, way, kind, port, self.peer, self.word = line.split(" ")
        self.ns, self.port = int(ns), int(port)
        self.out = way == "out"
        self.icmp = kind == "icmp"

    def sip_to(self, peer):
        return self.out and not self.icmp and self.peer == peer


class Lab:
    def __init__(self, bench, out):
        self.bench, self.out = bench, out
        self.phone, self.far = f"bench{os.getpid()}p", f"bench{os.getpid()}f"
        self.etc = f"/etc/netns/{self.phone}"
        self.processes = []
        # The phone has one processor for itself, the rest of the lab another.
        cpus = sorted(os.sched_getaffinity(0))
        self.cpu, self.other = cpus[0], cpus[-1]
        self.realtime = subprocess.run(
            ["chrt", "-f", "10", "true"], stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    def up(self):
        for ns in (self.phone, self.far):
            run("ip", "netns", "add", ns)
            run("ip", "-n", ns, "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "netns", self.phone, "type", "veth",
            "peer", "name", "eth0", "netns", self.far)
        for ns, ips in ((self.phone, (PHONE,)), (self.far, (A, B, DNS))):
            for ip in ips:
                run("ip", "-n", ns, "addr", "add", ip + "/24", "dev", "eth0")
            run("ip", "-n", ns, "link", "set", "eth0", "up")
        # Every attempt is to be answered: no limit on ICMP errors.
        run("ip", "netns", "exec", self.far, "sysctl", "-qw",
            "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_ratemask=0")
        # Nor is ARP to take part.
        for ns, other, ips in ((self.phone, self.far, (A, B, DNS)),
                               (self.far, self.phone, (PHONE,))):
            mac = self.mac(other)
            for ip in ips:
                run("ip", "-n", ns, "neigh", "replace", ip, "lladdr", mac,
                    "dev", "eth0", "nud", "permanent")
        # What `ip netns exec` puts in the place of /etc/resolv.conf.
        os.makedirs(self.etc)
        with open(self.etc + "/resolv.conf", "w", encoding="ascii") as f:
            f.write(f"nameserver {DNS}\n")
        self.servers = self.start(
            "servers", [HERE + "/servers.py", A, B, DNS], ns=self.far)
        self.replies = Lines(self.servers.stdout)
        self.observer = self.start("stamp", [self.bench + "/stamp", "eth0"])
        self.stamps = Lines(self.observer.stdout)
        for lines in (self.replies, self.stamps):
            if lines.next(10) != "ready":
                raise RuntimeError("the lab did not start, see " + self.out)

    @staticmethod
    def mac(ns):
        got = subprocess.run(
            ["ip", "netns", "exec", ns, "cat", "/sys/class/net/eth0/address"],
            check=True, capture_output=True, text=True)
        return got.stdout.strip()

    def start(self, name, command, ns=None, measured=False):
        """A program in a namespace; its standard error is NAME.log.  One that
        is measured has its processor before anything else (SCHED_FIFO)."""
        cpu = ["taskset", "-c", str(self.cpu if measured else self.other)]
        if measured and self.realtime:
            cpu += ["chrt", "-f", "10"]
        with open(f"{self.out}/{name}.log", "ab") as log:
            p = subprocess.Popen(
                ["ip", "netns", "exec", ns or self.phone] + cpu + command,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True)
        self.processes.append(p)
        return p

    def end(self, p):
        """Ends a program, by the end of its input if it minds that."""
        with contextlib.suppress(OSError):
            p.stdin.close()
        for word, seconds in ((None, 2), (signal.SIGTERM, 2), (signal.SIGKILL, 5)):
            if word:
                p.send_signal(word)
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(seconds)
                break
        p.stdout.close()
        if p in self.processes:
            self.processes.remove(p)

    def primary(self, *words):
        self.servers.stdin.write((" ".join(words) + "\n").encode())
        self.servers.stdin.flush()
        if self.replies.next(5) != "ok":
            raise RuntimeError("servers.py is gone, see " + self.out)

    def forget_stamps(self):
        """What was seen until now is of no interest."""
        while self.stamps.next(0) is not None:
            pass

    def stamps_until(self, done, seconds):
        """Observations until done(stamp), or for so long; the last is it."""
        seen, end = [], time.monotonic() + seconds
        while True:
            line = self.stamps.next(end - time.monotonic())
            if line is None:
                return seen, False
            seen.append(Stamp(line))
            if done(seen[-1]):
                return seen, True

    def down(self):
        """Everything that lives in the two namespaces was started here."""
        for ns in (self.phone, self.far):
            got = subprocess.run(["ip", "netns", "pids", ns],
                                 capture_output=True, text=True)
            for pid in got.stdout.split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
        for p in self.processes:
            with contextlib.suppress(OSError):
                p.kill()
            p.wait()
        for ns in (self.phone, self.far):
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL)
        with contextlib.suppress(OSError):
            os.unlink(self.etc + "/resolv.conf")
            os.rmdir(self.etc)
            os.rmdir("/etc/netns")
