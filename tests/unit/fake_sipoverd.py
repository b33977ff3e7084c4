#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""fake_sipoverd.py SOCKET MODE: the control socket with canned answers, for
tests/unit/test_sipoverctl.sh and tests/check-watch; ends with its standard
input.

MODE: ok (hangs up on a subscriber after its first event); stay (does not);
close (hangs up at once); garbage (no JSON).
"""
import json
import os
import socket
import sys
import threading

STATUS = {
    "version": "0.1.0", "module": True, "detect": "auto", "uptime_s": 3725,
    "local": {"held": True, "cause": "no_carrier", "since_s": 12},
    "lines": [{
        "name": "alice", "aor": "sip:alice@example.org", "state": "registered",
        "working": "192.0.2.2:5060;udp", "registered_until_s": 90,
        "mwi": {"waiting": True, "new": 2, "old": 8, "urgent_new": 0,
                "urgent_old": 2, "state": "active",
                "server": "192.0.2.2:5060;udp"},
        "servers": [
            {"address": "192.0.2.1:5060;udp", "index": 0, "health": "down",
             "cause": "port_unreach", "offender": "192.0.2.254",
             "since_s": 12, "bound": False},
            {"address": "192.0.2.2:5060;udp", "index": 1, "health": "up",
             "cause": None, "since_s": 3700, "bound": True},
        ]}],
    "calls": [{"call": 1, "line": "alice", "peer": "sip:b\u001b[31mob@example.org",
               "state": "ringing", "server": "192.0.2.2:5060;udp", "status": 180}],
}
STATS = {"counters": {"tx": 7, "rx_bad": 0}}
# URI -> the call's states after the answer, with the status of each
CALLS = {
    "sip:up@example.org": [("ringing", 180), ("up", 200)],
    "sip:busy@example.org": [("ending", 486)],
    "sip:dead@example.org": [("free", 0)],
    "sip:gone@example.org": [("free", 503)],
}
WHY = {
    "sip:busy@example.org": {"reason": "Busy\x1b[31m", "cause": None,
                             "server": "192.0.2.2:5060;udp"},
    "sip:gone@example.org": {"reason": "not reachable",
                             "cause": "port_unreach",
                             "server": "192.0.2.2:5060;udp"},
}


def message(time_us, direction, server, method, cseq, status=None, line="alice",
            repeat=False, transport="udp", expires=None):
    return {"time_us": time_us, "line": line, "server": server,
            "direction": direction, "own": "192.0.2.9:5060", "peer": server[:-4],
            "transport": transport, "size": 400, "repeat": repeat,
            "method": method, "status": status, "reason": status and "Why",
            "cseq": cseq, "expires": expires, "call_id": "c", "branch": "z9hG4bKb"}


def event(time_us, server, what, text, line=None):
    return {"time_us": time_us, "line": line, "server": server,
            "direction": "event", "event": what, "text": text}


# How the first reload ends.
RELOADS = [{"code": -32005, "message": "the file is wrong",
            "data": {"text": "f:1: t1: 1 is not in 10..5000\nf:2: \u001bno\n"}}]

ONE, TWO = "192.0.2.1:5060;udp", "192.0.2.2:5060;udp"
# line -> what its trace has
TRACES = {
    "alice": {"kept": 10, "left_out": 0, "servers": [ONE, TWO], "rows": [
        message(5000000, "out", ONE, "REGISTER", 1),
        message(5000000, "out", ONE, "REGISTER", 1, repeat=True),
        event(5000150, ONE, "kernel", "port_unreach icmp=3/3 from 192.0.2.1"),
        event(5000150, ONE, "health", "up -> down \u001b[31mby\n port_unreach"),
        message(5000150, "out", TWO, "REGISTER", 1),
        message(5012345, "in", TWO, "REGISTER", 1, 200),
        event(5012345, TWO, "failover", ONE + " -> " + TWO, "alice"),
        event(9000000, None, "call", "1 dialing", "alice"),
        message(9000000, "out", TWO, "INVITE", 1, transport="tcp"),
        message(69000100, "in", ONE, None, None),
        message(69000100, "out", ONE, "REGISTER", 2, expires=0),
        message(69000100, "in", ONE, "REGISTER", 2, 200, expires=0)]},
    "none": {"kept": 0, "left_out": 0, "servers": [ONE, TWO], "rows": []},
    "crowd": {"kept": 9, "left_out": 0, "servers": [TWO, ONE], "rows": [
        message(0, "in", f"[2001:db8::{i}]:5060;udp", "OPTIONS", i,
                line="bob" if i == 1 else None) for i in range(5)] + [
        message(9, "out", ONE, "REGISTER", 7),
        message(9, "out", "[2001:db8::4]:5060;udp", "OPTIONS", 4, 200),
        event(9, ONE, "registered", "for 60 s", "alice"),
        event(9, None, "local", "held: no_route")]},
}


def answer(request):
    """The result or error of one request, and the events behind it."""
    method, params = request["method"], request.get("params", {})
    if method == "status":
        return {"result": STATUS}, []
    if method == "stats":
        return {"result": STATS}, []
    if method == "call" and params["line"] == "alice":
        states = [("dialing", 0)] + CALLS.get(params["uri"], [])
        if "sdp" in params:
            states[0] = ("sdp-" + str(len(params["sdp"])), 0)
        return {"result": {"call": 4}}, [
            {"time_us": 1500000 + i, "type": "call", "call": call, "line": "alice",
             "state": state, "status": status, "peer": params["uri"],
             **(WHY.get(params["uri"], {}) if status >= 300 else {})}
            for i, (state, status) in enumerate(states)
            for call in (3, 4)      # another call's events come between
            if call == 4 or state == "dialing"]
    if method in ("hangup", "answer", "hold", "resume") and params["call"] == 4:
        return {"result": {}}, []
    if method == "register" and params["line"] == "alice":
        return {"result": {}}, []
    if method == "subscribe":
        return {"result": {}}, []
    if method == "config":
        return {"result": {"revision": "0123456789abcdef", "keys": {},
                           "lines": []}}, []
    if method == "reload" and RELOADS:
        return {"error": RELOADS.pop()}, []
    if method == "reload":
        return {"result": {"changed": ["alice"], "added": ["b\u001bob"],
                           "removed": [], "restart": ["port"]}}, []
    if method == "trace" and params.get("line", "crowd") in TRACES:
        trace = TRACES[params.get("line", "crowd")]
        rows = trace["rows"][-params.get("messages", 100):]
        return {"result": dict(trace, rows=rows)}, []
    return {"error": {"code": -32001, "message": "no such line or call"}}, []


def serve(client, mode):
    """Until it goes, which it may do at any moment."""
    try:
        talk(client, mode)
    except OSError:
        pass


def talk(client, mode):
    if mode == "close":
        client.close()
        return
    with client, client.makefile("rw", encoding="utf-8", newline="\n") as f:
        subscribed = False
        for line in f:
            if mode == "garbage":
                f.write("HTTP/1.1 400 Bad Request\n")
                f.flush()
                continue
            request = json.loads(line)
            reply, events = answer(request)
            if request["method"] == "subscribe":
                subscribed = True
            # Half of the events come before the answer: both orders happen.
            lines = [{"jsonrpc": "2.0", "method": "event", "params": e}
                     for e in events if subscribed]
            half = len(lines) // 2
            lines.insert(half, dict(reply, jsonrpc="2.0", id=request["id"]))
            text = "".join(json.dumps(one) + "\n" for one in lines)
            # In two pieces, the cut in the middle of a line.
            for piece in (text[:25], text[25:]):
                f.write(piece)
                f.flush()
            if request["method"] == "status" and subscribed:
                f.write('{"jsonrpc":"2.0","method":"event","params":'
                        '{"time_us":2000001,"type":"health","server":'
                        '"192.0.2.1:5060;udp","old":"up","new":"down",'
                        '"cause":"port unreach"}}\n')
                f.flush()
                if mode == "ok":
                    return


def accept(listener, mode):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, mode), daemon=True).start()


listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen(16)
threading.Thread(target=accept, args=(listener, sys.argv[2]), daemon=True).start()
sys.stdin.read()
