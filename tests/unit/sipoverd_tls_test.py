#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""TLS against two real Kamailios: register, one dies, the line moves, it comes
back; a certificate that is wrong costs its server and nothing else.

usage: sipoverd_tls_test.py BUILD      (in a network namespace of its own)
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

from sipoverd_certs import CA
from sipoverd_lab import (A, B, PHONE, Daemon, Message, Server, ok, points,
                          registered_at, request, servers, until)

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = 30       # a registrar starts
running = []


class Kamailio:
    def __init__(self, ip, dir, name, cert, extra=""):
        self.ip, self.log = ip, f"{dir}/{name}.log"
        tls, cfg = f"{dir}/{name}-tls.cfg", f"{dir}/{name}.cfg"
        with open(tls, "w") as f:
            f.write("[server:default]\nmethod = TLSv1.2+\n"
                    f"certificate = {cert[0]}\nprivate_key = {cert[1]}\n"
                    f"{extra}\n[client:default]\nmethod = TLSv1.2+\n")
        with open(HERE + "/kamailio_tls.cfg.in") as f:
            text = f.read()
        for key, value in (("@OWN@", ip), ("@TLS@", tls)):
            text = text.replace(key, value)
        with open(cfg, "w") as f:
            f.write(text)
        self.args = ["kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-f", cfg,
                     "-P", f"{dir}/{name}.pid", "-Y", dir]
        self.proc = None
        self.up()

    def answers(self):
        try:
            socket.create_connection((self.ip, 5061), 1).close()
            return True
        except OSError:
            return False

    def up(self):
        with open(self.log, "a") as log:
            self.proc = subprocess.Popen(self.args, stdout=log, stderr=log,
                                         start_new_session=True)
        running.append(self.proc)
        if not until(self.answers, LONG):
            with open(self.log, errors="replace") as log:
                print("# kamailio: " + "\n# ".join(
                    log.read().splitlines()[-20:]))

    def down(self, sig=signal.SIGKILL):
        running.remove(self.proc)
        os.killpg(self.proc.pid, sig)
        self.proc.wait()
        until(lambda: not self.answers())

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()


def both(extra=""):
    return (f"server {{ address = '{A}' transport = tls {extra} }}\n"
            f"    server {{ address = '{B}' transport = 3 {extra} }}")


def start(dir, extra="", top=""):
    return Daemon(servers=both(extra), line="failback_interval = 10", probe=1,
                  top=f"tls_ca = '{dir}/ca.pem'\n" + top)


def finish(d, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    return log


def health(d, i):
    return d.line()["servers"][i]["health"]


def test_failover(dir, a, b):
    d = start(dir, top="keepalive_interval = 15\n")
    ok(until(lambda: registered_at(d, A), LONG),
       "registers at Kamailio over TLS (F-52)")
    ok("registered by tls" in a.said() and "transport=tls" in a.said(),
       "with a Contact that says so")
    ok(d.counter("tls_handshakes") >= 1 and not d.counter("tls_failed"),
       "the certificate names the domain (R-38)")
    ok(until(lambda: d.counter("pongs") >= 1, LONG) and
       not d.counter("flow_timeouts"), "Kamailio answers a ping (R-45)")
    a.down()
    ok(until(lambda: registered_at(d, B), LONG),
       "the server dies: the line moves to B")
    a.up()
    ok(until(lambda: registered_at(d, A), LONG), "and back when A is back")
    b.down(), b.up()
    finish(d, "failover")


def test_wrong(dir, a, cert, why, text):
    """A has that certificate: B is used, and it is told why."""
    a.down()
    k = Kamailio(A, dir, "wrong", cert)
    d = start(dir)
    ok(until(lambda: registered_at(d, B), LONG), f"{why}: B is used")
    ok(health(d, 0) in ("down", "suspect") and
       d.counter("tls_certificate_failed") >= 1, "A is down, and counted")
    ok(d.line()["servers"][0]["cause"] == "tls_failed", "by its own cause")
    ok("registered by" not in k.said(), "A was told nothing")
    k.down()
    a.up()
    ok(until(lambda: registered_at(d, A), LONG),
       "a right certificate, and A is used again")
    log = finish(d, why)
    os.unlink(k.log)
    ok(text in log, "the log says why: " +
       next((s for s in log.splitlines() if "certificate:" in s), "-"))


def test_client(dir, a, ca):
    """A wants to know who we are, which TLS 1.3 says after the handshake."""
    a.down()
    cert, key = ca.issue("phone", "DNS:phone.example.com")
    k = Kamailio(A, dir, "strict", ca.issue("s", "DNS:example.com"),
                 f"verify_certificate = yes\nrequire_certificate = yes\n"
                 f"ca_list = {ca.cert}")
    d = start(dir)
    ok(until(lambda: registered_at(d, B), LONG),
       "no certificate of ours: B is used")
    ok(until(lambda: health(d, 0) == "down"), "A is down")
    log = finish(d, "client")
    ok("certificate required" in log, "and why: " +
       next((s for s in log.splitlines() if "tls failed" in s), "-"))
    os.chmod(key, 0o644)
    d = start(dir, top=f"tls_certificate = '{cert}'\ntls_key = '{key}'\n")
    ok(until(lambda: registered_at(d, A), LONG), "with one, A is used")
    log = finish(d, "client with certificate")
    ok("others than its owner may read" in log, "a readable key: a warning")
    k.down(), a.up()


def test_refused_files(dir):
    """A file that cannot be used ends the start, with the reason."""
    d = start(dir, top="tls_certificate = '/nonexistent'\ntls_key = '/k'\n")
    status, log = d.end()
    ok(status not in (0, 99) and "tls_certificate: /nonexistent" in log,
       f"no such certificate: status {status}")


def answer_to(m, extra):
    lines = ["SIP/2.0 200 OK"] + ["Via: " + v for v in m.all("Via")]
    lines += [f"{k}: {m.get(k)}" for k in ("From", "Call-ID", "CSeq")]
    lines += [f"To: {m.get('To')};tag=srv"] + extra
    return "\r\n".join(lines + ["Content-Length: 0", "", ""]).encode()


def test_own_way(dir, ca):
    """What counts over TLS came by its connection; answers go back by it."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(*ca.issue("own", "DNS:example.com"))
    listener = socket.create_server((A, 5061))
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    forger.bind((A, 5061))
    d = Daemon(servers=f"server {{ address = '{A}' transport = tls }}",
               t1=500, top=f"tls_ca = '{ca.cert}'")
    conn = own.wrap_socket(listener.accept()[0], server_side=True)
    conn.settimeout(LONG)
    m = Message(conn.recv(65536))
    ok(m.method == "REGISTER" and m.get("Via").startswith("SIP/2.0/TLS"),
       "REGISTER comes, by a Via of TLS")
    yes = answer_to(m, [f"Contact: {m.get('Contact')};expires=300"])
    forger.sendto(yes, (PHONE, 5060))
    ok(until(lambda: d.counter("rx_wrong_source") == 1) and
       not registered_at(d, A), "a 200 by UDP is not believed")
    forger.sendto(request("INVITE", 1, "f"), (PHONE, 5060))
    ok(until(lambda: d.counter("rx_foreign") == 1),
       "an INVITE by UDP is a stranger's")
    conn.sendall(yes)
    ok(until(lambda: registered_at(d, A)), "by the connection it is")
    conn.sendall(request("OPTIONS", 1, "t"))
    m = Message(conn.recv(65536))
    ok(m.start.startswith("SIP/2.0 200"),
       "a response goes back by its connection (R-26)")
    conn.sendall(b"\r\n\r\n")
    ok(conn.recv(64) == b"\r\n", "a ping is answered (R-45)")
    conn.close(), listener.close(), forger.close()
    finish(d, "own way")


class Peer:
    """A proxy by TLS that takes what comes by one connection at a time."""

    def __init__(self, ip, cert):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*cert)
        self.listener = socket.create_server((ip, 5061))
        self.listener.settimeout(LONG)
        self.conn = None

    def hears(self):
        """The next request, answered."""
        if not self.conn:
            self.conn = self.context.wrap_socket(self.listener.accept()[0],
                                                 server_side=True)
            self.conn.settimeout(LONG)
        m = Message(self.conn.recv(65536))
        self.conn.sendall(answer_to(m, [f"Contact: {m.get('Contact')};"
                                        "expires=300"]))
        return m

    def end(self):
        self.listener.close()
        if self.conn:
            self.conn.close()


def test_proxies(ca):
    """Two outbound proxies by TLS (Y-24), a registrar by UDP behind them."""
    a = Peer(A, ca.issue("p", f"IP:{A}"))
    b = Peer(B, ca.issue("q", "DNS:edge.example.com"))
    how = {"servers": f"""outbound_proxy {{ address = '{A}' transport = tls }}
    outbound_proxy {{ address = '{B}' transport = tls
        tls_name = edge.example.com }}
    server {{ address = '127.0.0.3' }}""", "top": f"tls_ca = '{ca.cert}'"}
    d = Daemon(**how)
    m = a.hears()
    ok(m.start == "REGISTER sip:example.com SIP/2.0" and
       m.get("Via").startswith("SIP/2.0/TLS"),
       "the registrar's REGISTER comes to the proxy by TLS (Y-24)")
    ok(m.all("Route") == [f"<sip:{A}:5061;transport=tls;lr>"],
       "by a Route that says so: " + str(m.all("Route")))
    ok(until(lambda: registered_at(d, A)),
       "whose certificate names it (R-38)")
    a.end()
    m = b.hears()
    ok(m.method == "REGISTER" and
       m.all("Route") == [f"<sip:{B}:5061;transport=tls;lr>"],
       "it dies: REGISTER comes to the other")
    ok(until(lambda: registered_at(d, B)), "and is believed")
    d.proc.send_signal(signal.SIGTERM)
    ok(b.hears().get("Expires") == "0", "which hears of the end, too (R-07)")
    finish(d, "proxies")
    b.conn.close()
    b.conn, a = None, Peer(A, ca.issue("r", "DNS:example.com"))
    d = Daemon(**how)
    try:
        ok(not a.hears(), "the domain's certificate is not the proxy's")
    except ssl.SSLError as wrong:
        ok("BAD_CERTIFICATE" in str(wrong),
           "the domain's certificate is not the proxy's (R-38)")
    ok(b.hears().method == "REGISTER" and until(lambda: registered_at(d, B)),
       "the other one is used")
    d.proc.send_signal(signal.SIGTERM)
    b.hears()
    log = finish(d, "a proxy with another name")
    ok(f"is not for {A}" in log, "and the log says why")
    a.end(), b.end()


def test_mute():
    """A listener that says nothing: no handshake lasts for ever."""
    mute = socket.create_server((A, 5060))
    b = Server(B)
    d = Daemon(servers=f"server {{ address = '{A}' transport = tls "
               f"port = 5060 }}\n    server {{ address = '{B}' }}", t1=20)
    ok(until(lambda: registered_at(d, B)), "no handshake: B is used")
    ok(until(lambda: d.counter("tls_failed") >= 1), "it is told of")
    ok(health(d, 0) == "down", "and the server is down")
    log = finish(d, "mute")
    ok("handshake: not through after 600 ms" in log, "and why")
    ok("own port is 5061 (C-18)" in log, "TLS on 5060 is warned of (C-18)")
    mute.close(), b.down()
    servers.remove(b)


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    test_mute()
    with tempfile.TemporaryDirectory() as dir:
        ca, other = CA(dir), CA(dir, "other")
        test_own_way(dir, ca)
        test_proxies(ca)
        try:
            a = Kamailio(A, dir, "A", ca.issue("a", "DNS:example.com"))
            b = Kamailio(B, dir, "B", ca.issue("b", "URI:sip:example.com"))
            test_failover(dir, a, b)
            test_wrong(dir, a, ca.issue("x", "DNS:sip.example.org"),
                       "another name", "is not for example.com")
            test_wrong(dir, a, other.issue("y", "DNS:example.com"),
                       "unknown CA", "unable to get local issuer")
            test_client(dir, a, ca)
            test_refused_files(dir)
        finally:
            for k in running:
                os.killpg(k.pid, signal.SIGKILL)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
