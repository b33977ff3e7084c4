#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Another configuration while the daemon runs: config, config_apply, reload.

usage: sipoverd_config_test.py BUILD       (in a network namespace of its own)
"""
import glob
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from sipoverd_certs import CA
from sipoverd_lab import (A, B, BUILD, Daemon, Server, ok, points, pump,
                          registered_at, until)

ALICE = {"user": "alice", "domain": "example.com"}


def line(name, *servers, **keys):
    """As config_apply takes it; one that registers needs alice's password."""
    return {"name": name, "set": {**ALICE, "password": "pw", **keys},
            "servers": [{"address": s} for s in servers]}


def finish(d, servers, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    for s in servers:
        s.seen.clear(), s.script.clear()
    return log


def revision(d):
    return d.call("config")["result"]["revision"]


def apply(d, *lines, **more):
    got = d.call("config_apply", revision=revision(d), lines=list(lines),
                 **more)
    return got.get("result") or got["error"]


def state(d, name):
    for one in d.status()["lines"]:
        if one["name"] == name:
            return one
    return None


def at(d, name, ip):
    one = state(d, name)
    return one and one["state"] == "registered" and \
        (one["working"] or "").startswith(ip)


def config_line(d, name):
    return next(x for x in d.call("config")["result"]["lines"]
                if x["name"] == name)


def quiet(servers, seconds=0.3):
    """The messages that come in so long."""
    before = [len(s.seen) for s in servers]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pump(0.02)
    return [len(s.seen) - n for s, n in zip(servers, before)]


def stored(d):
    with open(d.dir + "/lines.json") as f:
        return json.load(f)


def edit(d, old, new):
    with open(d.dir + "/conf") as f:
        text = f.read()
    assert old in text
    with open(d.dir + "/conf", "w") as f:
        f.write(text.replace(old, new, 1))


def test_read(a, b):
    d = Daemon(line="display = 'Al'")
    got = d.call("config")["result"]
    ok(len(got["revision"]) == 16 and int(got["revision"], 16) >= 0,
       "config: a revision")
    one = got["lines"][0]
    ok(one["set"] == {"profile": "fanvil", **ALICE, "display": "Al"} and
       one["password_set"] and one["origin"] == "file", "what is written")
    ok(one["values"]["failback_interval"] == 1800 and
       one["servers"][0]["set"] == {"address": A} and
       one["servers"][1]["values"]["port"] == 5060, "what it comes to")
    ok("pw" not in json.dumps(got["lines"]), "no secret is told")
    ok({k["name"] for k in got["keys"]["line"]} >= set(one["values"]) and
       all(k["help"] for part in got["keys"].values() for k in part),
       "each key has its help")
    ok(d.status()["config"] == {"source": "file", "error": None},
       "status: from the file alone")
    finish(d, (a, b), "config")


def test_refused(a, b):
    d = Daemon()
    until(lambda: registered_at(d, A))
    before = d.call("config")["result"]
    got = d.call("config_apply", revision="0" * 16, lines=[])["error"]
    ok(got["code"] == -32004 and got["data"]["revision"] ==
       before["revision"], "another revision: a conflict")
    got = apply(d, line("alice", A, retry_counts=21, failback_interval=5),
                {"name": "bob", "set": {}, "servers": [{"address": "x_y"}]},
                remove=["carol"])
    errors = {(e["line"], e.get("section"), e.get("index"), e.get("key"))
              for e in got["data"]["errors"]}
    ok(got["code"] == -32005 and errors == {
        ("alice", "line", None, "retry_counts"),
        ("alice", "line", None, "failback_interval"),
        ("bob", "line", None, "user"),
        ("bob", "server", 0, "address"),
        ("carol", None, None, None)}, "errors at their fields: "
       f"{got['data']['errors']}")
    got = apply(d, line("alice", A), line("alice", B))
    ok(got["code"] == -32005, "a line twice")
    got = apply(d, line("alice", A), remove=["alice"])
    ok(got["code"] == -32005, "given and removed")
    for bad in ({}, {"revision": 1}, {"revision": "", "lines": {}},
                {"revision": "", "remove": "alice"},
                {"revision": "", "more": 1}, {"revision": "", "dry_run": 1}):
        ok(d.call("config_apply", **bad)["error"]["code"] == -32602,
           f"params {bad}")
    got = apply(d, line("alice", B), dry_run=True)
    ok(got["changed"] == ["alice"] and got["revision"] == before["revision"],
       "dry_run says what would be")
    ok(d.call("config")["result"] == before and
       not glob.glob(d.dir + "/lines.json*") and quiet((a, b)) == [0, 0],
       "and nothing has changed")
    finish(d, (a, b), "refused")

    d = Daemon(top="")
    os.mkdir(d.dir + "/lines.json.new")
    before = d.call("config")["result"]
    got = apply(d, line("alice", B))
    ok(got["code"] == -32006, f"it cannot be stored: {got['message']}")
    ok(d.call("config")["result"] == before and not b.count("REGISTER"),
       "and nothing has changed")
    os.rmdir(d.dir + "/lines.json.new")
    finish(d, (a, b), "not stored")


def test_unchanged(a, b):
    """Nothing is sent for a line that is the same, or only counts otherwise."""
    d = Daemon(line="calls_max = 4")
    until(lambda: registered_at(d, A))
    call = d.dial()
    ok(until(lambda: d.state(call) == "up"), "alice has a call")
    bound = [m.get("Call-ID") for m in a.seen if m.method == "REGISTER"]
    quiet((a, b), 0.1)
    got = apply(d, line("bob", B, domain="b.example.com"))
    ok(got["added"] == ["bob"] and not got["changed"], "bob is added")
    n = len(a.seen)
    ok(until(lambda: at(d, "bob", B)), "and registers at his server")
    ok(len(a.seen) == n and d.state(call) == "up",
       "alice's server hears nothing, her call is up")
    got = apply(d, {"name": "alice", "set": {
        **ALICE, "calls_max": 3, "retry_counts": 9, "failback_interval": 99,
        "invite_failover_codes": "5xx"},
        "servers": [{"address": A, "expires": 60}, {"address": B}]})
    ok(got["changed"] == ["alice"], "alice's counts are others")
    ok(quiet((a, b)) == [0, 0] and d.state(call) == "up" and
       state(d, "alice")["servers"][0]["bound"],
       "nothing is sent: binding and call go on")
    one = config_line(d, "alice")
    ok(one["origin"] == "applied" and one["values"]["calls_max"] == 3 and
       one["password_set"], "she is as was applied, with her password")
    ok(d.call("config_apply", revision=revision(d), lines=[])["result"]
       ["changed"] == [], "nothing to change")
    d.call("register", line="alice")
    ok(until(lambda: a.last("REGISTER").get("Expires") == "60" and
             at(d, "alice", A)), "the next REGISTER asks for what is said now")
    ok(a.last("REGISTER").get("Call-ID") == bound[0],
       "in the same registration (C-15)")
    got = apply(d, remove=["bob"])
    ok(got["removed"] == ["bob"] and until(lambda: state(d, "bob") is None),
       "bob is removed")
    last = b.last("REGISTER")
    ok(last.get("Expires") == "0", "and unregistered")
    ok(d.state(call) == "up", "alice's call is up")
    ok(stored(d)["removed"] == [] and
       [x["name"] for x in stored(d)["lines"]] == ["alice"], "lines.json")
    d.call("hangup", call=call)
    until(lambda: d.state(call) is None)
    finish(d, (a, b), "unchanged")


def test_changed(a, b):
    """Whoever cannot go on ends in order and begins anew."""
    d = Daemon(servers=f"server {{ address = '{A}' }}")
    until(lambda: registered_at(d, A))
    call = d.dial()
    until(lambda: d.state(call) == "up")
    events = d.call("subscribe")
    ok(events["result"] == {}, "subscribes")
    apply_line = line("alice", B)
    seen = []

    def told():
        text = d.raw(b"")
        seen.append(json.loads(text))
        return seen[-1]
    other = other_client(d)
    got = apply(other, apply_line)
    ok(got["changed"] == ["alice"], "alice has another server")
    ok(until(lambda: at(other, "alice", B)), "she registers there")
    methods = [(m.method, m.get("Expires")) for m in a.seen]
    ok(("BYE", None) in methods and methods[-1] == ("REGISTER", "0"),
       "after her call has ended by BYE, and her binding at the old one")
    ok(not b.count("BYE"), "there, and only there")
    while not any(e.get("params", {}).get("type") == "config" for e in seen):
        told()
    event = seen[-1]["params"]
    ok(event["changed"] == ["alice"] and event["revision"] ==
       got["revision"], "the event config")
    ok(stored(d)["lines"][0]["set"]["password"] == "pw" and
       os.stat(d.dir + "/lines.json").st_mode & 0o77 == 0,
       "lines.json has the password and is its owner's alone")

    # Its server is silent: for the answer to its last word it waits 2 s.
    b.script["REGISTER"] = lambda m, peer: None
    got = apply(other, line("alice", A, display="Al"))
    ok(got["changed"] == ["alice"] and state(other, "alice")["state"] ==
       "changing", "from a server that does not answer")
    ok(other.call("call", line="alice", uri="sip:x@y")["error"]["code"] ==
       -32002, "no call meanwhile")
    ok(until(lambda: at(other, "alice", A), 8), "she comes back all the same")
    b.script.clear()
    got = apply(other, {"name": "alice", "set": {
        **ALICE, "display": "Al", "password": None},
        "servers": [{"address": A}]})
    ok(until(lambda: not config_line(other, "alice")["password_set"]),
       "null takes the password away")
    got = apply(other, line("alice", A))
    got = apply(other, line("alice", B))
    ok(until(lambda: at(other, "alice", B)),
       "changed again while it changes: the last word holds")
    finish(d, (a, b), "changed")


def other_client(d):
    """A second connection, with a buffer of its own."""
    o = object.__new__(Daemon)
    o.__dict__.update(d.__dict__)
    o.connect()
    return o


def test_reload(a, b):
    d = Daemon()
    until(lambda: registered_at(d, A))
    quiet((a, b), 0.1)
    got = d.call("reload")["result"]
    ok(got["changed"] == got["added"] == got["removed"] ==
       got["restart"] == [] and quiet((a, b)) == [0, 0],
       "the same file: nothing happens")
    with open(d.dir + "/conf", "a") as f:
        f.write("line bob { user = alice domain = b.example.com\n"
                f"password = pw server {{ address = '{B}' }} }}\n")
    n = len(a.seen)
    d.proc.send_signal(signal.SIGHUP)
    ok(until(lambda: at(d, "bob", B)) and len(a.seen) == n,
       "SIGHUP: a new line registers, the other is not touched")
    edit(d, "t1 = 100", "t1 = 200\nport = 5070\ndns = '192.0.2.1'")
    edit(d, "user = alice domain", "user = alicia domain")
    b.script["REGISTER"] = lambda m, peer: b.answer(
        m, peer, "200 OK", ["Contact: %s;expires=300" % m.get("Contact")])
    got = d.call("reload")["result"]
    ok(got["changed"] == ["bob"] and
       sorted(got["restart"]) == ["dns", "port", "t1"],
       f"keys that need a restart are told: {got}")
    ok(until(lambda: state(d, "bob")["aor"] == "sip:alicia@b.example.com" and
             at(d, "bob", B)), "bob is another now")
    edit(d, "user = alicia", "user = alicia retry_counts = 99")
    edit(d, "port = 5070", "port = 99999")
    before = d.call("config")["result"]
    got = d.call("reload")["error"]
    ok(got["code"] == -32005 and len(got["data"]["text"].split("\n")) == 2 and
       "retry_counts: 99 is not in 0..20" in got["data"]["text"],
       f"refused whole: {got['data']}")
    ok(d.call("config")["result"] == before and quiet((a, b)) == [0, 0],
       "and nothing has changed")
    edit(d, "user = alicia retry_counts = 99", "user = alicia")
    edit(d, "port = 99999", "port = 5060")
    apply(d, line("alice", A, B, display="applied"))
    until(lambda: at(d, "alice", A))
    n = len(a.seen)
    edit(d, "line bob", "line carol")
    got = d.call("reload")["result"]
    ok(got["removed"] == ["bob"] and got["added"] == ["carol"] and
       not got["changed"], "another name is another line")
    ok(until(lambda: at(d, "carol", B)) and
       config_line(d, "alice")["set"]["display"] == "applied" and
       len(a.seen) == n, "what was applied stays")
    with open(d.dir + "/lines.json", "w") as f:
        f.write('{"version":1,"lines":[{"name":"alice"')
    got = d.call("reload")["error"]
    ok(got["code"] == -32005 and "lines.json" in got["data"]["text"],
       f"a broken lines.json is refused: {got['data']}")
    os.unlink(d.dir + "/lines.json")
    got = d.call("reload")["result"]
    ok(got["changed"] == ["alice"] and until(lambda: at(d, "alice", A)) and
       "display" not in config_line(d, "alice")["set"],
       "without it: the file alone")
    log = finish(d, (a, b), "reload")
    ok("config refused" in log and "conf:" in log, "the log says why")


def restart(d):
    """The daemon of the same directory again."""
    d.proc.kill()
    d.proc.wait()
    again = object.__new__(Daemon)
    again.__dict__.update(d.__dict__)
    again.proc = subprocess.Popen([BUILD + "/sipoverd", "-c",
                                   d.dir + "/conf"], stderr=d.log)
    again.rpc_sock = None

    def here():
        # The socket of the one that was killed still takes connections.
        return again.connect() and again.raw(
            b'{"jsonrpc":"2.0","id":1,"method":"stats"}\n')
    until(lambda: again.proc.poll() is not None or here())
    return again


def check(d):
    p = subprocess.run([BUILD + "/sipoverd", "--check", "-c", d.dir + "/conf"],
                       capture_output=True, text=True)
    return p.returncode, p.stdout + p.stderr


def test_start(a, b):
    d = Daemon()
    until(lambda: registered_at(d, A))
    apply(d, line("alice", B), line("bob", A))
    apply(d, line("bob", A, display="Bob"))
    ok(check(d) == (0, f"{d.dir}/conf: ok, 2 lines\n{d.dir}/lines.json: ok, "
                    "replaces 1 lines, adds 1, removes 0\n"),
       "--check says what is laid over the file")
    d = restart(d)
    ok(until(lambda: at(d, "alice", B) and at(d, "bob", A)) and
       d.status()["config"]["source"] == "lines.json",
       "what was applied is there after a restart")
    got = apply(d, remove=["alice"])
    ok(got["removed"] == ["alice"] and stored(d)["removed"] == ["alice"],
       "a line of the file is removed")
    d = restart(d)
    ok(state(d, "alice") is None and state(d, "bob"), "for good")
    apply(d, line("alice", B))
    ok(stored(d)["removed"] == [] and until(lambda: at(d, "alice", B)),
       "until it is added again")
    with open(d.dir + "/lines.json") as f:
        whole = f.read()
    for text, why in ((whole[:-20], "cut"), ("", "empty"), ("[" * 5000, "deep"),
                      (whole.replace('"user":"alice"', '"user":7'), "wrong"),
                      (whole.replace('"version":1', '"version":2'), "newer")):
        with open(d.dir + "/lines.json", "w") as f:
            f.write(text)
        status, said = check(d)
        ok(status == 78 and "lines.json" in said, f"--check, {why}: {said}")
        d = restart(d)
        got = d.status()["config"]
        ok(got["source"] == "lines.json.old" and "lines.json" in got["error"],
           f"it is {why}: the one before is used, {got['error']}")
        ok(state(d, "alice") is None and state(d, "bob"), "as it was then")
    with open(d.dir + "/lines.json.old", "w") as f:
        f.write("{}")
    d = restart(d)
    ok(d.status()["config"]["source"] == "ignored" and state(d, "alice") and
       not state(d, "bob"), "both are broken: the file alone")
    apply(d, line("alice", B))
    ok(d.status()["config"] == {"source": "lines.json", "error": None} and
       check(d)[0] == 0, "the next Apply repairs it")
    finish(d, (a, b), "start")


def test_killed(a, b):
    """Killed at any moment it comes back with the old lines or the new ones."""
    d = Daemon(line="enabled = no")
    rng = random.Random(7)
    wrong, new = [], 0
    for i in range(25):
        before = config_line(d, "alice")["set"].get("display", "")
        after = f"{i} " + "x" * 50
        d.rpc_sock.send(json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "config_apply",
            "params": {"revision": revision(d), "lines": [
                line("alice", A, enabled=False, display=after)]
                + [line(f"l{k}", A, enabled=False) for k in range(40)]}})
            .encode() + b"\n")
        end = time.monotonic() + rng.random() * 0.02
        while time.monotonic() < end:
            pass
        d = restart(d)
        got = config_line(d, "alice")["set"].get("display", "")
        if got not in (before, after) or \
                d.status()["config"]["source"] not in ("file", "lines.json"):
            wrong.append((before, after, got, d.status()["config"]))
        new += got == after
    ok(not wrong, f"25 times killed, {new} times after it was stored: {wrong}")
    finish(d, (a, b), "killed")


def cpu_seconds(d):
    with open(f"/proc/{d.proc.pid}/stat") as f:
        user, system = f.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def slow(d, method, **params):
    """A call that may take long, and the processor's time it took."""
    before = cpu_seconds(d)
    d.rpc_sock.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                "params": params}).encode() + b"\n")
    got = b""

    def whole():
        nonlocal got
        try:
            got += d.rpc_sock.recv(1 << 20)
        except BlockingIOError:
            pass
        return got.endswith(b"\n")
    until(whole, 60)
    return json.loads(got)["result"], cpu_seconds(d) - before


def test_many(a, b):
    """10 000 lines are read again in bounded time; none hears of it."""
    d = Daemon()
    until(lambda: registered_at(d, A))
    text = "".join(f"line l{i} {{ user = u{i} enabled = no "
                   f"server {{ address = '{A if i % 2 else B}' }} }}\n"
                   for i in range(9999))
    with open(d.dir + "/conf", "a") as f:
        f.write(text)
    got, took = slow(d, "reload")
    ok(len(got["added"]) == 9999 and took < 5, f"9999 lines come, {took} s")
    ok(quiet((a, b)) == [0, 0], "nothing is sent")
    got, took = slow(d, "reload")
    ok(got["added"] == got["changed"] == [] and took < 5,
       f"all again, {took} s")
    one = slow(d, "config", line="alice")[0]
    got, took = slow(d, "config_apply", revision=one["revision"],
                     lines=[line("alice", A, B, retry_counts=1)])
    ok(got["changed"] == ["alice"] and took < 1,
       f"one of them is changed, {took} s")
    edit(d, text, "")

    def gone():
        with open(d.dir + "/log", errors="replace") as f:
            return "line gone line=l9998" in f.read()
    got, took = slow(d, "reload")
    ok(len(got["removed"]) == 9999 and took < 5 and until(gone, 60) and
       at(d, "alice", A), f"they go again, {took} s; alice stays")
    finish(d, (a, b), "many")


def test_tls(a, b):
    """The first server with TLS needs fit files: so dry_run and --check say."""
    with tempfile.TemporaryDirectory() as dir:
        ca = CA(dir)
        cert, key = ca.issue("phone", "DNS:phone.example.com")
        _, other = ca.issue("other", "DNS:other.example.com")
        for cert_, key_, why in (("/nonexistent", key, "tls_certificate"),
                                 (cert, "/nonexistent", "tls_key"),
                                 (cert, other, "tls_key"), (cert, key, None)):
            d = Daemon(top=f"tls_certificate = '{cert_}'\ntls_key = '{key_}'\n"
                       f"tls_ca = '{ca.cert}'\n")
            until(lambda d=d: registered_at(d, A))
            bob = line("bob", A)
            bob["servers"][0]["transport"] = "tls"
            before = revision(d)
            got = [apply(d, bob, dry_run=True), apply(d, bob, dry_run=True)]
            if why:
                got.append(apply(d, bob))
                ok(all(x.get("code") == -32002 and why in x["message"]
                       for x in got), f"dry_run says it: {got[0]}")
            else:
                ok(all(x.get("added") == ["bob"] for x in got),
                   "fit files: what would be")
            ok(revision(d) == before, "and nothing is")
            ok(check(d)[0] == 0, "--check: without a TLS server nothing is wrong")
            edit(d, "server { address = '127.0.0.2' }",
                 "server { address = '127.0.0.2' transport = tls }")
            status, text = check(d)
            ok(status == (78 if why else 0) and (why or "ok") in text,
               f"--check: {text.strip()}")
            finish(d, (a, b), "TLS")


def main():
    a, b = Server(A), Server(B)
    for test in (test_read, test_refused, test_unchanged, test_changed,
                 test_reload, test_start, test_killed, test_tls, test_many):
        test(a, b)
    print(f"1..{points[0]}")
    sys.exit(points[1] > 0)


main()
