# SPDX-License-Identifier: BSD-2-Clause
"""SIPp as a server that answers each method in one way, or not at all."""
import os
import subprocess

METHODS = ("REGISTER", "INVITE", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK",
           "SUBSCRIBE")
# One of them has to be there, or SIPp takes none of the others.
LAST = "ACK"
IN_DIALOG = ("BYE", "CANCEL", "UPDATE", "PRACK")
TAG = ";tag=sipp[call_number]"

# What is kept of a request for a message that is no answer to the last one, or
# has another Via: (name, header, what of it).
KEPT = {
    "INVITE": [("via", "Via:", "SIP/2.0/.*"), ("from", "From:", ".*"),
               ("to", "To:", ".*"), ("cseq", "CSeq:", "[0-9]+ .*")],
    "SUBSCRIBE": [("subscriber", "From:", ".*"), ("box", "To:", ".*"),
                  ("contact", "Contact:", "sip:[a-z0-9@.:]*")],
}
HOP = ("hop", "Via:", "SIP/2.0/.*branch=[^;]*")     # what it offers left out


def message(*lines, body=""):
    text = "\n".join([*lines, "Content-Length: [len]", "", body])
    return f"<send><![CDATA[\n\n{text}\n]]></send>\n"


def answer(method, status, headers, word):
    """status: "503 Unavailable"."""
    tag = "" if method in IN_DIALOG or status.startswith("100") else TAG
    lines = [f"SIP/2.0 {status}",
             f"Via: [$hop]{word}" if word else "[last_Via:]", "[last_From:]",
             "[last_To:]" + tag, "[last_Call-ID:]", "[last_CSeq:]", *headers]
    if method == "REGISTER" and status.startswith("2"):
        lines.append("[last_Contact:];expires=300")
    if method == "INVITE" and status[0] in "12":
        lines.append("Contact: <sip:sipp@[local_ip]:[local_port]>")
    return message(*lines)


def to_invite(status):
    """While another request was the last one."""
    return message(f"SIP/2.0 {status}", "Via: [$via]", "From: [$from]",
                   "To: [$to]" + TAG, "[last_Call-ID:]", "CSeq: [$cseq]",
                   "Contact: <sip:sipp@[local_ip]:[local_port]>")


def notify(counts):
    """counts: of voice messages, "2/8"."""
    return message(
        "NOTIFY [$contact] SIP/2.0",
        "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
        "Max-Forwards: 70", "From: [$box]" + TAG, "To: [$subscriber]",
        "Call-ID: [call_id]", "CSeq: 1 NOTIFY",
        "Contact: <sip:box@[local_ip]:[local_port]>",
        "Event: message-summary", "Subscription-State: active",
        "Content-Type: application/simple-message-summary",
        body=f"Messages-Waiting: yes\nVoice-Message: {counts}\n")


def keep(names):
    """SIPp wants each to be used."""
    return "".join(f'<ereg regexp="{what}" search_in="hdr" header="{header}" '
                   f'assign_to="{name}"/>' for name, header, what in names)


def step(method, steps, i, word):
    """One of an answer's."""
    what = steps[i]
    if isinstance(what, int):
        return f'<pause milliseconds="{what}"/>\n'
    if ": " in what:
        return ""
    kind, _, rest = what.partition(" ")
    if kind == "NOTIFY":
        return notify(rest)
    if kind == "INVITE":
        return to_invite(rest)
    headers = []
    for more in steps[i + 1:]:
        if isinstance(more, int) or ": " not in more:
            break
        headers.append(more)
    return answer(method, what, headers, word)


def scenario(answers, word):
    """Answers for ever: to one Call-ID come many requests.  An answer is None,
    or a list of status lines, each with its headers (with ": ") after it, of
    numbers (ms to wait), "INVITE 200 OK" (an answer to that, later), "NOTIFY
    2/8".  word: at the end of each answer's Via."""
    requests, replies = "", ""
    for n, method in enumerate(METHODS, 2):
        steps = answers.get(method, ["200 OK"]) or []
        text = "".join(step(method, steps, i, word)
                       for i in range(len(steps)))
        replies += f'<label id="{n}"/>\n{text}<nop next="1"/>\n'
    for n, method in enumerate(METHODS, 2):
        kept = [k for k in KEPT.get(method, ()) if f"[${k[0]}]" in replies]
        kept += [HOP] if word else []
        action = f"<action>{keep(kept)}</action>" if kept else ""
        requests += f'<recv request="{method}" optional="true" next="{n}">' \
            f"{action}</recv>\n"
    if "NOTIFY" in replies:
        requests += '<recv response="200" optional="true" next="1"/>\n'
    return '<?xml version="1.0" encoding="ISO-8859-1" ?>\n' \
        '<scenario name="server">\n<label id="1"/>\n' + requests + \
        f'<recv request="{LAST}" next="1"/>\n{replies}</scenario>\n'


class Sipp:
    def __init__(self, dir, ip, port, answers, word=""):
        self.ip, self.port = ip, port
        path = f"{dir}/sipp-{ip}-{port}-{len(os.listdir(dir))}.xml"
        with open(path, "w") as f:
            f.write(scenario(answers, word))
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
