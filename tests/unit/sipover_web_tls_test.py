#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sipover-web off the loopback device: TLS, names, connections of one address.

usage: sipover_web_tls_test.py BUILD      (in a network namespace of its own)
"""
import http.client
import os
import shutil
import socket
import ssl
import sys

from sipover_web_lab import (Browser, Stream, Web, bare, finish, lab_dir,
                             set_password, statuses, tls_context)
from sipoverd_certs import CA
from sipoverd_lab import A6, B6, ok, points, until


def handshake(port, context):
    """The version agreed on, or None."""
    try:
        with socket.create_connection((A6, port), 10) as s, \
             context.wrap_socket(s, server_hostname="phone.example") as t:
            return t.version()
    except (ssl.SSLError, OSError):
        return None


def test_tls(web, ca):
    port = web.port
    context = tls_context(ca.cert)
    b = Browser(port, A6, tls=context)
    a = b.login()
    ok(a.status == 200 and all("; Secure" in c for c in
                               a.headers.get_all("Set-Cookie")),
       "logged in over TLS: cookies for TLS alone")
    ok(b.get("/api/session", Host=f"phone.example:{port}").status == 200 and
       b.get("/", Host="PHONE.example").status == 200, "by its name")
    ok(statuses((b.get("/", Host="other.example"), 421, "host"),
                (b.get("/", Host="[2001:db8::2]"), 421, "host")),
       "not by another, nor by an address that was not asked")
    ok(b.post("/api/logout", Origin=f"http://[{A6}]:{port}").status == 403,
       "not from the page without TLS")
    ok(b.post("/api/logout", Origin=f"https://[{A6}]:{port}").status == 200,
       "from its own")
    ok(handshake(port, context) == "TLSv1.3", "TLS 1.3")
    v = ssl.TLSVersion
    ok(handshake(port, tls_context(ca.cert, v.TLSv1_2, v.TLSv1_2)) == "TLSv1.2",
       "TLS 1.2")
    ok(handshake(port, tls_context(ca.cert, v.TLSv1, v.TLSv1_1)) is None,
       "nothing older")
    weak = tls_context(ca.cert, v.TLSv1_2, v.TLSv1_2)
    weak.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    ok(handshake(port, weak) is None, "no weak cipher")
    plain = Browser(port, A6)
    try:
        answer = plain.get("/").status
    except (OSError, http.client.HTTPException):
        answer = None
    ok(answer is None, "nothing without TLS")


def test_each(web, ca):
    """Connections of one address beyond the phone."""
    socks, alive = [], 0
    for n in range(48):
        s = socket.create_connection((A6, web.port), source_address=(
            B6 if n < 44 else A6, 0))
        s.settimeout(0.2)
        socks.append(s)
    closed = []

    def count():
        closed.clear()
        for s in socks:
            try:
                if not s.recv(1):
                    closed.append(s)
            except TimeoutError:
                pass
            except OSError:
                closed.append(s)
        return len(closed) >= 16

    until(count, 10)
    # All of them are of the same 64 bits.
    ok(len(closed) == 16, f"of 48 connections from one network 32 stay "
       f"({48 - len(closed)})")
    b = Browser(web.port, A6, source="2001:db8:0:1::9", tls=tls_context(ca.cert))
    ok(b.get("/").status == 200, "while another network is served")
    for s in socks:
        s.close()


def main():
    path = lab_dir()
    set_password(path)
    os.system("ip addr add 2001:db8:0:1::9/128 dev lo nodad")
    ca = CA(path)
    cert, key = ca.issue("phone", f"DNS:phone.example,IP:{A6}")
    os.chmod(key, 0o600)    # root's: read before it becomes nobody
    web = Web(path, "--tls-cert", cert, "--tls-key", key, "--name",
              "phone.example", listen=f"[{A6}]:0")
    test_tls(web, ca)
    test_each(web, ca)
    b = Browser(web.port, A6, tls=tls_context(ca.cert))

    def logs_in():
        try:
            return b.login().status == 200
        except OSError:
            return False    # the places of the 32 are not free yet

    ok(until(logs_in), "afterwards all is well")
    stream = Stream(b)
    ok(until(lambda: stream.states() == ["away"]), "a stream over TLS")
    ok(not bare, f"each answer carried what protects it {bare[:3]}")
    finish(web, "TLS")
    shutil.rmtree(path)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
