#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (C) 2026 The sipover authors
"""packets.py BUILD [REGEX]: one real packet of each class of the ICMP table to the real
daemon with the real module; run in a guest by `tests/check-icmp --guest`.

    guest 192.0.2.10 --- veth --- namespace server: .1, .2, .254

One line for each class and circumstance: its first server is a port of .1, its
second is .2, which registers everybody.  At first nobody listens at .1, but for
the connections that are to be there; then it takes nothing any more.  One line
after the other is told to register, and what it sends is quoted by an error from
.1 or, "elsewhere", from the router .254.
"""
import ctypes
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import table  # noqa: E402

BUILD = sys.argv[1]
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""     # cases by name
PORT = 20000
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
WAIT_S = 30
MTU = 1400      # of "too big"
NAMES = {
    "v4": {"phone": "192.0.2.10", "server": "192.0.2.1",
           "backup": "192.0.2.2", "elsewhere": "192.0.2.254"},
    "v6": {"phone": "2001:db8::10", "server": "2001:db8::1",
           "backup": "2001:db8::2", "elsewhere": "2001:db8::fe"},
}
CIRCUMSTANCES = ("udp", "udp-elsewhere", "connecting", "established")
HEALTH = {"0": "none", "#": "count", "S": "suspect", "D": "down", "B": "block"}
TXN = {"F": "fail", "C": "continue", "M": "local"}


class Case:
    def __init__(self, family, code, row, how, number):
        self.family, self.code, self.how = family, code, how
        self.number, self.port = number, PORT + number
        self.kind = how.partition("-")[0]
        column = row[{"udp": 0, "connecting": 1, "established": 2}[self.kind]]
        self.txn, self.health = column[""]
        if how.endswith("elsewhere"):
            self.txn, self.health = column.get("elsewhere", column[""])
        self.packet = None      # what the line sent last, from the IP header on
        self.flow = None
        self.cause = row[3]

    def server(self):
        ip = NAMES[self.family]["server"]
        return f"[{ip}]:{self.port}" if ":" in ip else f"{ip}:{self.port}"

    def name(self):
        return f"{self.family} {self.code[0]}/{self.code[1]} {self.how}"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    acc = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while acc >> 16:
        acc = (acc & 0xffff) + (acc >> 16)
    return ~acc & 0xffff


def ip_of(packet):
    """(family, protocol, source, destination, bytes of the IP header)"""
    if packet[0] >> 4 == 4:
        return ("v4", packet[9], packet[12:16], packet[16:20],
                (packet[0] & 15) * 4)
    return "v6", packet[6], packet[8:24], packet[24:40], 40


def completed(packet):
    """Between namespaces UDP's checksum is left to hardware that is not there;
    a router would have seen it complete."""
    family, proto, src, dst, head = ip_of(packet)
    if proto != socket.IPPROTO_UDP:
        return packet
    body = packet[head:]
    pseudo = src + dst + (struct.pack("!BBH", 0, proto, len(body))
                          if family == "v4" else
                          struct.pack("!IHBB", len(body), 0, 0, proto))
    body = body[:6] + b"\0\0" + body[8:]
    return packet[:head] + body[:6] + struct.pack(
        "!H", checksum(pseudo + body) or 0xffff) + body[8:]


def run(command, **kw):
    subprocess.run(command.split(), check=True, **kw)


class World:
    def __init__(self, cases):
        self.cases = cases
        self.by_port = {c.port: c for c in cases}
        self.build()
        self.silence()
        self.in_namespace(self.open)

    def build(self):
        run("ip netns add server")
        run("ip link add phone type veth peer name phone netns server")
        run("ip link set phone up")
        run("ip -n server link set phone up")
        run("ip -n server link set lo up")
        for family, names in NAMES.items():
            length, nodad = ("/24", "") if family == "v4" else ("/64", " nodad")
            run(f"ip addr add {names['phone']}{length} dev phone{nodad}")
            for who in ("server", "backup", "elsewhere"):
                run(f"ip -n server addr add {names[who]}{length} dev phone"
                    + nodad)
        run("ip netns exec server sysctl -qw net.ipv4.icmp_ratelimit=0 "
            "net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0")

    def in_namespace(self, do):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", encoding="ascii") as own, \
                open("/run/netns/server", encoding="ascii") as other:
            if libc.setns(other.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            do()
            if libc.setns(own.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def open(self):
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(ETH_P_ALL))
        self.icmp, self.datagram, self.listening = {}, [], {}
        self.streams = {}
        for family, names in NAMES.items():
            domain = socket.AF_INET if family == "v4" else socket.AF_INET6
            proto = socket.IPPROTO_ICMP if family == "v4" else \
                socket.IPPROTO_ICMPV6
            for who in ("server", "elsewhere"):
                s = socket.socket(domain, socket.SOCK_RAW, proto)
                s.bind((names[who], 0))
                self.icmp[family, who] = s
            s = socket.socket(domain, socket.SOCK_DGRAM)
            s.bind((names["backup"], 5060))
            self.datagram.append(s)
            self.listen(domain, names["backup"], 5060)
            for c in self.cases:
                if c.kind == "established" and c.family == family:
                    self.listen(domain, names["server"], c.port)

    def listen(self, domain, ip, port):
        s = socket.socket(domain, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((ip, port))
        s.listen(len(self.cases))
        self.listening[s] = port

    def silence(self, case=None):
        """Nobody takes what is sent to that case's server, or to any."""
        ports = f"{{ {case.port} }}" if case else ""
        run("ip netns exec server nft -f -", text=True, input=f"""
table inet silent {{
    set ports {{ type inet_service; }}
    chain in {{
        type filter hook input priority 0
        th dport @ports drop
    }}
}}
flush set inet silent ports
""" + (f"add element inet silent ports {ports}\n" if case else ""))

    def pump(self, timeout):
        ready, _, _ = select.select(
            [self.wire, *self.datagram, *self.listening, *self.streams], [],
            [], timeout)
        for s in ready:
            if s is self.wire:
                self.seen(*s.recvfrom(65536))
            elif s in self.datagram:
                data, peer = s.recvfrom(65536)
                if data.startswith(b"REGISTER "):
                    s.sendto(registered(data), peer)
            elif s in self.listening:
                self.streams[s.accept()[0]] = b""
            elif s in self.streams:
                self.stream(s)

    def stream(self, s):
        try:
            data = s.recv(65536)
        except OSError:
            data = b""
        if not data:
            del self.streams[s]
            s.close()
            return
        *requests, self.streams[s] = (self.streams[s] + data).split(
            b"\r\n\r\n")
        for request in requests:
            if request.startswith(b"REGISTER "):
                s.sendall(registered(request))

    def seen(self, packet, address):
        """What comes to a case's port; of TCP a SYN or what carries data."""
        if address[2] == socket.PACKET_OUTGOING or not packet or \
                address[1] not in (0x0800, 0x86dd):
            return
        _, proto, _, _, head = ip_of(packet)
        if proto not in (socket.IPPROTO_UDP, socket.IPPROTO_TCP):
            return
        case = self.by_port.get(struct.unpack("!H", packet[head + 2:head + 4])[0])
        if not case:
            return
        if proto == socket.IPPROTO_TCP:
            data = len(packet) - head - (packet[head + 12] >> 4) * 4
            wanted = packet[head + 13] & 2 if case.kind == "connecting" \
                else data > 0
            if not wanted:
                return
        case.packet = packet

    def send(self, case):
        family, _, src, _, _ = ip_of(case.packet)
        quote = completed(case.packet)[:548 if family == "v4" else 1200]
        kind, code = case.code
        rest = 0
        if (family, kind, code) == ("v4", 3, 4) or (family, kind) == ("v6", 2):
            rest = MTU
        data = struct.pack("!BBHI", kind, code, 0, rest) + quote
        if family == "v4":
            data = data[:2] + struct.pack("!H", checksum(data)) + data[4:]
        who = "elsewhere" if case.how.endswith("elsewhere") else "server"
        # the raw socket of ICMPv6 has its checksum made by the kernel
        self.icmp[family, who].sendto(data, (socket.inet_ntop(
            socket.AF_INET if family == "v4" else socket.AF_INET6, src), 0))


def registered(request):
    """The 200 to a REGISTER."""
    head = request.decode().split("\r\n")
    keep = [line for line in head[1:] if line.partition(":")[0].lower() in
            ("via", "from", "call-id", "cseq", "contact")]
    to = next(line for line in head if line.lower().startswith("to:"))
    return "\r\n".join(["SIP/2.0 200 OK", *keep, to + ";tag=t",
                        "Expires: 3600", "Content-Length: 0", "", ""]).encode()


class Daemon:
    def __init__(self, world):
        self.dir = tempfile.mkdtemp()
        self.world = world
        self.log, self.at = open(self.dir + "/log", "w+b"), 0
        self.lines = []
        with open(self.dir + "/conf", "w", encoding="ascii") as f:
            f.write(self.configuration())
        self.process = subprocess.Popen(
            [BUILD + "/sipoverd", "-c", self.dir + "/conf"], stderr=self.log)

    def configuration(self):
        text = [f"control = '{self.dir}/control'", f"state_dir = '{self.dir}'",
                "probe_interval = 0", "t1 = 2000", "register_rate = 0",
                "detect = module"]
        for c in self.world.cases:
            transport = "udp" if c.kind == "udp" else "tcp"
            ip = NAMES[c.family]
            text.append(f"""line "c{c.number}" {{
    user = c{c.number}
    domain = example.org
    server {{ address = '{ip["server"]}' port = {c.port} \
transport = {transport} retry_counts = 20 }}
    server {{ address = '{ip["backup"]}' transport = {transport} }}
}}""")
        return "\n".join(text) + "\n"

    def read(self):
        self.log.flush()
        with open(self.dir + "/log", "rb") as f:
            f.seek(self.at)
            whole = f.read().rpartition(b"\n")[0]
        if whole:
            self.at += len(whole) + 1
            self.lines += whole.decode(errors="replace").split("\n")

    def until(self, cond):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end and self.process.poll() is None:
            self.world.pump(0.02)
            self.read()
            if cond():
                return True
        return False

    def find(self, pattern, start=0):
        regex = re.compile(pattern)
        return [m for m in map(regex.search, self.lines[start:]) if m]

    def registered_at(self, case, who, start=0):
        ip = re.escape(NAMES[case.family][who])
        return self.find(rf"registered line=c{case.number} server=\[?{ip}\]?:",
                         start)

    def ctl(self, *command):
        subprocess.run([BUILD + "/sipoverctl", "--socket",
                        self.dir + "/control", *command],
                       check=True, stdout=subprocess.DEVNULL)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


points = [0, 0]


def ok(cond, name, *notes):
    points[0] += 1
    points[1] += not cond
    for note in notes if not cond else ():
        print("# " + note)
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}", flush=True)


def play(daemon, case):
    """One error; what is wrong with what came of it, or nothing."""
    case.packet = None
    daemon.world.silence(case)
    daemon.read()
    start = len(daemon.lines)
    daemon.ctl("register", f"c{case.number}")
    if not daemon.until(lambda: case.packet):
        return "nothing is sent"
    daemon.world.send(case)
    server = re.escape(case.server())
    verdict = rf"verdict server={server};\w+ cause={case.cause} " \
        r"txn=(\w+) health=(\w+)"
    want = TXN[case.txn], HEALTH[case.health]
    end = None
    if case.kind == "connecting" and case.health not in "DB":
        # The stack may give the attempt up, and tell it first.
        verdict = verdict.replace(case.cause, f"(?:{case.cause}|tcp_unreach)")
        end = TXN["F"], HEALTH["S"]
    if not daemon.until(lambda: daemon.find(verdict, start)):
        return "no verdict; " + "; ".join(daemon.lines[start:])
    got = daemon.find(verdict, start)[0].groups()
    if got == end:
        case.txn, case.health = "F", "S"
    elif got != want:
        return f"expected {want}; the verdict is {got}"
    if case.health in "SDB":
        state = {"S": "suspect", "D": "down", "B": "blocked"}[case.health]
        told = rf"health server={server};\w+ old=\w+ new={state}"
        if not daemon.until(lambda: daemon.find(told, start)):
            return f"it is not {state}; " + "; ".join(daemon.lines[start:])
    if case.txn == "F" and not daemon.until(
            lambda: daemon.registered_at(case, "backup", start)):
        return "the line is not registered at the backup"
    if case.txn != "F" and case.kind != "connecting":
        daemon.ctl("status")    # what follows from it has been done then
        daemon.read()
        backup = re.escape(NAMES[case.family]["backup"])
        if daemon.find(rf"tx line=c{case.number} .*server=\[?{backup}\]?:",
                       start):
            return "the line goes to the backup"
    return ""


def cases():
    found = []
    with open(table.DOC, encoding="utf-8") as f:
        rows = table.load(), table.first_codes(f.read())
    for (family, kind, code), cause in rows[1].items():
        for how in CIRCUMSTANCES:
            found.append(Case(family, (kind, code),
                              (*rows[0][family, kind, code], cause.lower()),
                              how, len(found)))
    return found


def main():
    todo = [c for c in cases() if re.search(ONLY, c.name())]
    world = World(todo)
    daemon = Daemon(world)
    ok(daemon.until(lambda: all(daemon.registered_at(
        c, "server" if c.kind == "established" else "backup") for c in todo)),
       "the lines are registered")
    for c in todo:
        wrong = play(daemon, c)
        ok(not wrong, c.name(), wrong)
    ok(daemon.end() == 0, "the daemon ends as asked")
    print(f"1..{points[0]}")
    return bool(points[1])


sys.exit(main())
