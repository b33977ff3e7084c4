#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""guest.py OLD NEW [MODULE]: what becomes of the packages in the directories OLD and NEW
on a Debian 12 with systemd; in the guest of tests/check-package.  TAP.  With
a MODULE, a sipover.ko, that one is loaded, and DKMS has nothing to build.

  the phone: 192.0.2.10 -- veth -- namespace pbx: 192.0.2.1 and .2, a registrar each
"""
import glob
import hashlib
import http.client
import json
import os
import pwd
import re
import select
import socket
import subprocess
import sys
import time

OLD, NEW = sys.argv[1:3]
MODULE = sys.argv[3] if len(sys.argv) > 3 else None
HERE = os.path.dirname(os.path.abspath(__file__))
CONF = "/etc/sipover/sipoverd.conf"
STATE = "/var/lib/sipover"
# What was written to the disk since the machine started: tests/vm/init.
UPPER = "/run/sipover-vm/upper"
WEB_PASSWORD = "correct horse battery"
# Under emulation a systemctl takes half a second.
PATIENCE = 90
points = [0, 0]


def ok(cond, name, text=""):
    points[0] += 1
    points[1] += not cond
    if not cond and text:
        print("# " + str(text).strip().replace("\n", "\n# "))
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}", flush=True)
    return bool(cond)


def run(*argv, **more):
    """Status and all that it said."""
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, errors="replace", stdin=subprocess.DEVNULL,
                       **more)
    return p.returncode, p.stdout


def until(cond, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not cond():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.2)
    return True


def show(unit, what):
    return run("systemctl", "show", "-P", what, unit)[1].strip()


def active(unit):
    return show(unit, "ActiveState") == "active"


def pid(unit="sipoverd"):
    return int(show(unit, "MainPID") or 0)


def journal(*more):
    return run("journalctl", "--no-pager", "-o", "cat", *more)[1]


def troubles(unit):
    return run("systemctl", "status", "--no-pager", unit)[1] + \
        journal("-n", "30", "-u", unit)


def proc_status(number):
    with open(f"/proc/{number}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def status():
    code, text = run("sipoverctl", "--json", "status")
    return json.loads(text) if code == 0 else {}


def working():
    """(state, address of the working server) of the line"""
    for line in status().get("lines", []):
        return line["state"], (line["working"] or "").split(":")[0]
    return None, None


def registered_at(ip):
    return working() == ("registered", ip)


def rpc(method, **params):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("/run/sipover/control.sock")
        s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                              "params": params}).encode() + b"\n")
        return json.loads(s.makefile().readline())


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def dpkg(*argv):
    begin = time.monotonic()
    said = run("dpkg", *argv, env={**os.environ,
                                   "DEBIAN_FRONTEND": "noninteractive"})
    print("# dpkg", argv[0], *(os.path.basename(a).split("_")[0]
                               for a in argv[1:]),
          f"took {time.monotonic() - begin:.0f} s", flush=True)
    return said


class Registrar:
    def __init__(self, ip):
        self.ip, self.log, self.proc = ip, f"/tmp/registrar-{ip}", None
        self.up()

    def up(self):
        with open(self.log, "a") as f:
            self.proc = subprocess.Popen(
                ["ip", "netns", "exec", "pbx", sys.executable,
                 HERE + "/registrar.py", "-", self.ip], stdout=f)
        # Nobody is told that a server is there again.
        until(self.listens)

    def listens(self):
        return self.ip + ":5060" in run("ip", "netns", "exec", "pbx", "ss",
                                        "-Hlun")[1]

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def seen(self):
        with open(self.log) as f:
            return f.read().split()


def network():
    for line in ("ip netns add pbx",
                 "ip link add phone type veth peer name phone netns pbx",
                 "ip addr add 192.0.2.10/24 dev phone",
                 "ip link set phone up",
                 "ip -n pbx addr add 192.0.2.1/24 dev phone",
                 "ip -n pbx addr add 192.0.2.2/24 dev phone",
                 "ip -n pbx link set phone up",
                 "ip -n pbx link set lo up",
                 "ip netns exec pbx sysctl -qw net.ipv4.icmp_ratelimit=0"):
        code, text = run(*line.split())
        if code:
            ok(False, line, text)


def test_install():
    files = set(glob.glob("/etc/*") + glob.glob("/var/lib/*"))
    code, text = dpkg("-i", *glob.glob(OLD + "/sipover_*.deb"),
                      *glob.glob(OLD + "/sipover-web_*.deb"))
    ok(code == 0, "the packages are installed", text)
    for unit in ("sipoverd", "sipover-web"):
        ok(until(lambda u=unit: active(u)), f"{unit} runs", troubles(unit))
        ok(run("systemctl", "is-enabled", unit)[1].strip() == "enabled",
           f"{unit} runs at each start")
    code, text = run("sipoverctl", "status")
    ok(code == 0, "sipoverctl reaches it", text)
    st = os.stat(CONF)
    ok(st.st_mode & 0o777 == 0o640 and st.st_uid == 0 and
       st.st_gid == pwd.getpwnam("sipover").pw_gid,
       "the daemon may read its configuration, others not")
    s = proc_status(pid())
    ok(s["Uid"].split()[0] == str(pwd.getpwnam("sipover").pw_uid),
       "sipoverd is the user sipover")
    ok(int(s["CapEff"], 16) == int(s["CapBnd"], 16) == 1 << 12,
       "with CAP_NET_ADMIN and nothing else", s)
    ok(s["NoNewPrivs"] == "1" and s["Seccomp"] == "2",
       "no new rights, a filter of system calls")
    s = proc_status(pid("sipover-web"))
    ok(s["Uid"].split()[0] == str(pwd.getpwnam("sipover-web").pw_uid) and
       int(s["CapBnd"], 16) == 0, "sipover-web is another user, without rights")
    ok("lines registered" in show("sipoverd", "StatusText"),
       "systemd is told its state", show("sipoverd", "StatusText"))
    return files


def daemon_version():
    return run("sipoverd", "--version")[1].split()[-1]


def build_logs():
    return "".join(open(p, errors="replace").read()[-2000:] for p in
                   glob.glob("/var/lib/dkms/sipover/*/build/make.log"))


def installed_by_dkms():
    """Versions that DKMS has installed for the kernel that runs."""
    text = run("dkms", "status", "-m", "sipover", "-k", os.uname().release)[1]
    return re.findall(r"^sipover/(\S+), .*: installed$", text, re.M)


def the_built_one_is_loaded():
    """srcversion is made of the sources: another build of other ones has another."""
    path = "/sys/module/sipover/srcversion"
    if not os.path.exists(path):
        return False
    with open(path) as f:
        return f.read() == run("modinfo", "-F", "srcversion", "sipover")[1]


def test_module():
    if MODULE:
        code, text = run("insmod", MODULE)
        ok(code == 0 and until(lambda: status().get("module") is True),
           "the daemon, without rights but one, adopts the module",
           text + troubles("sipoverd"))
        return
    code, text = dpkg("-i", *glob.glob(OLD + "/sipover-dkms_*.deb"))
    ok(code == 0 and installed_by_dkms() == [daemon_version()],
       "DKMS builds the module", text + build_logs())
    ok(until(the_built_one_is_loaded, 1), "and it is loaded", text)
    ok(until(lambda: status().get("module") is True),
       "the daemon, without rights but one, adopts it", troubles("sipoverd"))
    run("rmmod", "sipover")
    ok(until(lambda: status().get("module") is False),
       "the daemon does without it when it is taken away", troubles("sipoverd"))
    code, text = run("systemctl", "restart", "systemd-modules-load")
    ok(code == 0 and the_built_one_is_loaded(), "it is loaded at each start",
       text + troubles("systemd-modules-load"))
    ok(until(lambda: status().get("module") is True), "and adopted",
       troubles("sipoverd"))


def configure():
    with open(CONF, "a") as f:
        f.write("""
log_level = debug
local_v6 = ""
probe_interval = 0
line "alice" {
    user = alice
    domain = example.com
    password = 'pw'
    server { address = 192.0.2.1 }
    server { address = 192.0.2.2 }
}
""")


def test_failover(a):
    configure()
    before = pid()
    code, text = run("systemctl", "reload", "sipoverd")
    ok(code == 0 and until(lambda: registered_at("192.0.2.1")),
       "a line is configured, and registered after a reload",
       text + troubles("sipoverd"))
    ok(pid() == before, "by the same process")
    a.kill()
    run("sipoverctl", "register", "alice")
    ok(until(lambda: registered_at("192.0.2.2")),
       "its server is killed: it moves to the other one", troubles("sipoverd"))
    text = journal("_PID=%d" % pid())
    ok(re.search(r"kernel server=192\.0\.2\.1:5060;udp cause=port_unreach "
                 r".*source=module", text), "since the module said so",
       text[-3000:])


def test_killed(a):
    name = digest(STATE + "/instance-id")
    # The bound times of all rounds: Restart=always, no limit.
    for i in range(8):
        before = pid()
        os.kill(before, 9)
        if not until(lambda b=before: pid() not in (0, b) and active("sipoverd")):
            break
    ok(active("sipoverd") and i == 7, "killed eight times, it is there again",
       troubles("sipoverd"))
    ok(until(lambda: registered_at("192.0.2.2")), "and registered",
       troubles("sipoverd"))
    ok(digest(STATE + "/instance-id") == name, "under the same instance-id")
    text = journal("_PID=%d" % pid())
    ok("server adopted server=192.0.2.1:5060;udp" in text,
       "it takes over what the module knows", text[-3000:])
    ok("method=REGISTER server=192.0.2.1" not in text,
       "and does not knock at the server that is dead", text[-3000:])
    ok(os.path.exists("/run/sipover/events.old"),
       "the event log of the killed one is kept")
    before = pid()
    os.kill(before, 19)
    ok(until(lambda: pid() not in (0, before) and active("sipoverd")),
       "stopped, it is missed by its watchdog, and started anew",
       troubles("sipoverd"))
    a.up()
    run("sipoverctl", "register", "alice")
    ok(until(lambda: registered_at("192.0.2.1")),
       "its server is back, so is it", troubles("sipoverd"))


def page(method, path, body=None):
    c = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
    try:
        c.request(method, path, body and json.dumps(body),
                  {"Content-Type": "application/json"} if body else {})
        r = c.getresponse()
        return r.status, r.read().decode(errors="replace"), r.getheaders()
    except OSError as e:
        return None, str(e), []
    finally:
        c.close()


def test_page():
    ok(until(lambda: page("GET", "/")[0] == 200), "the page is there",
       str(page("GET", "/")) + troubles("sipover-web"))
    said = page("POST", "/api/login", {"password": WEB_PASSWORD})
    ok(said[0] == 503 and "--set-password" in said[1],
       "without a password it says 503, and the command", said)
    p = subprocess.run(["sipover-web", "--set-password"], text=True,
                       input=WEB_PASSWORD + "\n", stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    ok(p.returncode == 0, "which root runs", p.stdout)
    said = page("POST", "/api/login", {"password": WEB_PASSWORD})
    ok(said[0] == 200, "then the login is 200", said)
    cookie = next((v.split(";")[0] for k, v in said[2]
                   if k.lower() == "set-cookie"), "")
    c = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
    c.request("GET", "/api/status", headers={"Cookie": cookie})
    r = c.getresponse()
    text = r.read().decode()
    ok(r.status == 200 and "alice" in text,
       "and it shows the line: sipover-web may use the control socket",
       f"{r.status} {text}" + troubles("sipoverd"))
    ok(page("POST", "/api/login", {"password": "wrong"})[0] == 401,
       "a wrong password is 401")


def test_apply():
    """A line that Apply makes is kept in lines.json."""
    said = rpc("config")
    revision = said.get("result", {}).get("revision")
    said = rpc("config_apply", revision=revision, remove=[], lines=[
        {"name": "bob", "set": {"user": "bob", "enabled": False},
         "servers": [{"address": "192.0.2.2"}], "outbound_proxies": []}])
    ok("result" in said and os.path.exists(STATE + "/lines.json"),
       "a line is applied and kept", said)


def test_upgrade():
    kept = {p: digest(p) for p in (STATE + "/instance-id", STATE + "/lines.json",
                                   CONF, "/var/lib/sipover-web/password")
            if os.path.exists(p)}
    before = {u: pid(u) for u in ("sipoverd", "sipover-web")}
    old = run("sipoverd", "--version")[1]
    code, text = dpkg("-i", *glob.glob(NEW + "/sipover_*.deb"),
                      *glob.glob(NEW + "/sipover-web_*.deb"),
                      *([] if MODULE else
                        glob.glob(NEW + "/sipover-dkms_*.deb")))
    ok(code == 0, "a newer version is installed over it", text)
    ok(run("sipoverd", "--version")[1] != old, "it is another one", old)
    for unit, number in before.items():
        ok(until(lambda u=unit, n=number: pid(u) not in (0, n) and active(u)),
           f"{unit} is a new process", troubles(unit))
    ok(kept == {p: digest(p) for p in kept} and len(kept) == 4,
       "instance-id, lines, configuration and password are what they were",
       kept)
    ok(until(lambda: registered_at("192.0.2.1")), "it is registered again",
       troubles("sipoverd"))
    names = {line["name"] for line in status().get("lines", [])}
    ok(names == {"alice", "bob"}, "with all of its lines", names)
    ok(until(lambda: status().get("module") is True), "the module is adopted")
    if MODULE:
        return
    ok(installed_by_dkms() == [daemon_version()],
       "DKMS built the new module, and forgot the old one", text + build_logs())
    with open("/sys/module/sipover/version") as f:
        version = f.read().strip()
    ok(version == daemon_version() and the_built_one_is_loaded(),
       "and it is loaded", version)


def theirs():
    """(owner, path) of what they own, or what has their name, as far as it was
    written since the machine started.  The disk below that is not looked at:
    the host would have to keep all of its files open."""
    with open("/proc/self/mounts") as f:
        mounts = [line.split()[1] for line in f]
    tmpfs = [m for m in ("/run", "/tmp", "/dev/shm") if m in mounts]
    code, text = run("find", UPPER, *tmpfs, "-xdev", "-ignore_readdir_race",
                     "(", "-name", "*sipover*", "-o", "-user", "sipover",
                     "-o", "-user", "sipover-web", ")", "-printf", "%u %p\n")
    found = [tuple(line.replace(UPPER + "/", "/").split(" ", 1))
             for line in text.splitlines()]
    # Not the guest's own unit, nor where files of the host are mounted.
    return code == 0, [
        (owner, path) for owner, path in found
        if "sipover-vm" not in path and
        not any((m + "/").startswith(path + "/") for m in mounts)]


def test_purge(files):
    if MODULE:
        run("rmmod", "sipover")
    looked, found = theirs()
    ok(looked and {("root", "/usr/sbin/sipoverd"),
                   ("sipover", STATE + "/instance-id"),
                   ("sipover-web", "/var/lib/sipover-web/password")} <=
       set(found), "their files are where it is looked for them", found)
    code, text = dpkg("-P", "sipover-web",
                      *([] if MODULE else ["sipover-dkms"]), "sipover")
    ok(code == 0, "they are purged", text)
    ok(not os.path.exists("/sys/module/sipover"), "the module is gone")
    if not MODULE:
        ok(not installed_by_dkms() and run("modprobe", "-n", "sipover")[0] != 0,
           "and nothing that could be loaded is left", installed_by_dkms())
    looked, left = theirs()
    found = [path for _, path in left if "sipover" in os.path.basename(path)]
    ok(looked and not found, "no file of theirs is left", found or left)
    ok(set(glob.glob("/etc/*") + glob.glob("/var/lib/*")) <= files |
       {"/etc/.pwd.lock", "/etc/passwd-", "/etc/group-", "/etc/shadow-",
        "/etc/gshadow-", "/etc/default"}, "nor a directory")
    units = run("systemctl", "list-units", "--all", "--no-legend",
                "sipover*")[1]
    ok("sipoverd" not in units and "sipover-web" not in units, "nor a unit",
       units)
    ok(all(run("pgrep", "-x", name)[0] == 1
           for name in ("sipoverd", "sipover-web")), "nor a process")
    for user in ("sipover", "sipover-web"):
        owned = [path for owner, path in left if owner == user]
        entry = run("getent", "passwd", user)
        ok(entry[0] == 0 and not owned,
           f"the user {user} stays, and owns nothing", (entry, owned))


network()
a, b = Registrar("192.0.2.1"), Registrar("192.0.2.2")
was = test_install()
test_module()
test_failover(a)
test_killed(a)
test_page()
test_apply()
test_upgrade()
test_purge(was)
for registrar in (a, b):
    registrar.kill()
print(f"1..{points[0]}")
sys.exit(points[1] != 0)
