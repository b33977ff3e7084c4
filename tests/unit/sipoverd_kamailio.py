# SPDX-License-Identifier: BSD-2-Clause
"""Real Kamailios for tests of the daemon, one of each address, and the callee
behind them.  kamailio_pair.cfg.in is their configuration."""
import os
import signal
import socket
import ssl
import subprocess

from sipoverd_lab import Server, host, until

CALLEE = "198.51.100.3"
HERE = os.path.dirname(os.path.abspath(__file__))
LONG = 30       # a registrar starts
running = []

OPTIONS = ("OPTIONS sip:{ip} SIP/2.0\r\n"
           "Via: SIP/2.0/{via} {me};branch=z9hG4bKup;rport\r\n"
           "From: <sip:t@example.com>;tag=t\r\nTo: <sip:{ip}>\r\n"
           "Call-ID: up\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
           "Content-Length: 0\r\n\r\n")


class Kamailio:
    """changes: of its configuration, text and what replaces it."""

    def __init__(self, ip, ip6, dir, name, cert, algorithm, changes=()):
        self.ip, self.ip6, self.log = ip, ip6, f"{dir}/{name}.log"
        tls, cfg = f"{dir}/{name}-tls.cfg", f"{dir}/{name}.cfg"
        with open(tls, "w") as f:
            f.write("[server:default]\nmethod = TLSv1.2+\n"
                    f"certificate = {cert[0]}\nprivate_key = {cert[1]}\n"
                    "[client:default]\nmethod = TLSv1.2+\n")
        with open(HERE + "/kamailio_pair.cfg.in") as f:
            text = f.read()
        for key, value in (("@OWN@", ip), ("@OWN6@", ip6), ("@TLS@", tls),
                           ("@ALGORITHM@", algorithm), ("@CALLEE@", CALLEE),
                           *changes):
            if key not in text:
                raise SystemExit(f"# kamailio_pair.cfg.in has no {key}")
            text = text.replace(key, value)
        with open(cfg, "w") as f:
            f.write(text)
        self.args = ["kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-f", cfg,
                     "-P", f"{dir}/{name}.pid", "-Y", dir]
        self.proc = None
        self.up()

    def answers(self):
        """To OPTIONS, on each of its sockets: a port that is bound says
        nothing of the process behind it."""
        return all(by(ip) for ip in (self.ip6, self.ip)
                   for by in (answers_tls, answers_tcp, answers_udp))

    def signal(self, number):
        os.killpg(self.proc.pid, number)

    def up(self):
        with open(self.log, "a") as log:
            self.proc = subprocess.Popen(self.args, stdout=log, stderr=log,
                                         start_new_session=True)
        running.append(self.proc)
        if not until(lambda: self.answers() or self.proc.poll() is not None,
                     LONG) or self.proc.poll() is not None:
            raise SystemExit("# kamailio: " + self.said()[-2000:])

    def down(self):
        """Killed: nothing is said to anybody but by the kernel."""
        self.signal(signal.SIGKILL)
        self.gone()
        until(lambda: not answers_udp(self.ip))

    def gone(self):
        """It was told to go."""
        running.remove(self.proc)
        self.proc.wait()

    def said(self, since=0):
        with open(self.log, errors="replace") as log:
            return log.read()[since:]


def options(sock, ip, via):
    sock.settimeout(0.5)
    sock.sendall(OPTIONS.format(
        ip=host(ip), via=via, me=host(sock.getsockname()[0])).encode())
    return sock.recv(4096).startswith(b"SIP/2.0 200")


def answers_udp(ip):
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET,
                       socket.SOCK_DGRAM) as s:
        try:
            s.connect((ip, 5060))
            return options(s, ip, "UDP")
        except OSError:
            return False


def answers_tcp(ip):
    try:
        with socket.create_connection((ip, 5060), 0.5) as s:
            return options(s, ip, "TCP")
    except OSError:
        return False


def answers_tls(ip):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((ip, 5061), 0.5) as s, \
             context.wrap_socket(s) as t:
            return options(t, ip, "TLS")
    except OSError:
        return False


class Callee(Server):
    """A party of its own, behind both registrars."""

    def readable(self):
        self.script["INVITE"] = self.rings
        super().readable()

    def rings(self, m, peer):
        route = [f"Record-Route: {v}" for v in m.all("Record-Route")]
        self.answer(m, peer, "180 Ringing", route, "callee")
        self.answer(m, peer, "200 OK", route + [
            f"Contact: <sip:callee@{self.ip}:5060>"], "callee")


def end():
    """Of those that are still there."""
    for k in running:
        os.killpg(k.pid, signal.SIGKILL)
