# SPDX-License-Identifier: BSD-2-Clause
"""SIPp as a server that answers each method in one way, or not at all."""
import os
import subprocess

METHODS = ("REGISTER", "INVITE", "BYE", "CANCEL", "OPTIONS")
# One of them has to be there, or SIPp takes none of the others.
LAST = "ACK"
IN_DIALOG = ("BYE", "CANCEL")


def answer(method, status, headers):
    """status: "503 Unavailable"."""
    tag = "" if method in IN_DIALOG or status.startswith("100") else \
        ";tag=sipp[call_number]"
    lines = [f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]",
             "[last_To:]" + tag, "[last_Call-ID:]", "[last_CSeq:]", *headers]
    if status.startswith("2"):
        if method == "REGISTER":
            lines.append("[last_Contact:];expires=300")
        if method == "INVITE":
            lines.append("Contact: <sip:sipp@[local_ip]:[local_port]>")
    lines += ["Content-Length: 0", "", ""]
    return "<send><![CDATA[\n\n" + "\n".join(lines) + "\n]]></send>\n"


def scenario(answers):
    """Answers for ever: to one Call-ID come many requests.  An answer is None,
    or a list of status lines, numbers (ms to wait) and headers (with ": ")."""
    text = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n' \
        '<scenario name="server">\n<label id="1"/>\n'
    for n, method in enumerate(METHODS, 2):
        text += f'<recv request="{method}" optional="true" next="{n}"/>\n'
    text += f'<recv request="{LAST}" next="1"/>\n'
    for n, method in enumerate(METHODS, 2):
        text += f'<label id="{n}"/>\n'
        steps = answers.get(method, ["200 OK"])
        for step in [] if steps is None else steps:
            if isinstance(step, int):
                text += f'<pause milliseconds="{step}"/>\n'
            elif ": " not in step:
                headers = [s for s in steps if isinstance(s, str) and ": " in s]
                text += answer(method, step, headers)
        text += '<nop next="1"/>\n'
    return text + "</scenario>\n"


class Sipp:
    def __init__(self, dir, ip, port, answers):
        self.ip, self.port = ip, port
        path = f"{dir}/sipp-{ip}-{port}-{len(os.listdir(dir))}.xml"
        with open(path, "w") as f:
            f.write(scenario(answers))
        with open(path + ".log", "w") as log:
            self.proc = subprocess.Popen(
                ["sipp", "-i", ip, "-p", str(port), "-sf", path, "-nostdin",
                 "-nd", "-skip_rlimit"], stdout=log, stderr=log, cwd=dir,
                stdin=subprocess.DEVNULL)

    def bound(self):
        want = "%02X%02X%02X%02X:%04X" % (
            *reversed([int(n) for n in self.ip.split(".")]), self.port)
        with open("/proc/net/udp") as f:
            return self.proc.poll() is None and want in f.read()

    def down(self):
        self.proc.kill()
        self.proc.wait()
