# SPDX-License-Identifier: BSD-2-Clause
# Copyright (C) 2026 The sipover authors
"""The ICMP table of docs/requirements.md 5: what it expects of an error in each
of the circumstances that it tells apart.
"""
import re

DOC = "docs/requirements.md"
SECTIONS = {"### 5.1": "v4", "### 5.2": "v6"}
CODE_MAX = 17

# After one error, and after three.  A second hint makes it down.
HEALTH = {
    "0": ("as before", "as before"),
    "#": ("as before", "suspect"),
    "S": ("suspect", "down"),
    "D": ("down", "down"),
    "B": ("blocked", "blocked"),
}
# The server is asked, and nothing else happens, however often it comes.
ASKED = ("suspect", "suspect")
AGAINST = set("SDB")


def numbers(cell):
    """"3/9, 3/10, 3/13", "3/16 and up", "12": [(type, code)]; the whole type
    for a lone number."""
    found = []
    for part in cell.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:/(\d+)( and up)?)?\s*", part)
        if not match:
            raise ValueError(f"{cell!r} is no type and code")
        kind, code, up = match.groups()
        if code is None:
            found += [(int(kind), c) for c in range(CODE_MAX)]
        elif up:
            found += [(int(kind), c) for c in range(int(code), CODE_MAX)]
        else:
            found.append((int(kind), int(code)))
    return found


def verdicts(cell, same):
    """"F / D; S if not from the server itself": {"": ("F", "D"), ...}"""
    if "else " in cell:     # no remedy is tried yet
        cell = cell.split("else ", 1)[1]
    parts = [part.strip() for part in cell.split(";")]
    pair = re.fullmatch(r"([FCM]) / ([0#SDB])", parts[0])
    if not pair:
        raise ValueError(f"{cell!r} is no verdict")
    of = {"": pair.groups()}
    for part in parts[1:]:
        if part == "same":
            of.update({k: (of[""][0], v[1]) for k, v in same.items() if k})
            continue
        special = re.fullmatch(
            r"([0#SDB]) (of grade LOCAL|if not from the server itself)", part)
        if not special:
            raise ValueError(f"{part!r} is no exception")
        of["local" if "LOCAL" in part else "elsewhere"] = (
            of[""][0], special.group(1))
    return of


def table(text):
    """{(family, type, code): (udp, connecting, established)} without those
    that are no event."""
    rows, family = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            family = SECTIONS.get(line[:7])
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if family is None or len(cells) != 7 or not cells[0][:1].isdigit():
            continue
        if cells[2] == "none":
            continue
        udp = verdicts(cells[3], {})
        row = (udp, verdicts(cells[4], udp), verdicts(cells[5], {}))
        for kind, code in numbers(cells[0]):
            rows[family, kind, code] = row
    return rows


def expected(row, circumstance):
    """(ends or goes on, health after one error, after three)"""
    kind, _, how = circumstance.partition("-")
    column = row[{"udp": 0, "connecting": 1, "established": 2}[kind]]
    txn, health = column[""]
    if how.endswith("elsewhere"):
        txn, health = column.get("elsewhere", column[""])
    elif how == "local":
        txn, health = column.get("local", column[""])
    elif how == "last" and health == "S":
        txn = "C"           # C-12: nothing is gained by giving up
    elif how == "late":
        # The stack's word was F / S; only what says more counts behind it.
        if health not in "DB":
            return "ended", "suspect", "suspect"
        txn = "F"
    elif how == "weak":
        txn, health = "C", "0"
    elif how == "medium":
        return ("goes-on", *(ASKED if health in AGAINST else HEALTH["0"]))
    once, thrice = HEALTH[health]
    # The socket has no more to tell of a request that is over.
    if how.startswith("socket") and txn == "F":
        thrice = once
    return ("ended" if txn == "F" else "goes-on", once, thrice)


def load():
    with open(DOC, encoding="utf-8") as f:
        return table(f.read())


def first_codes(text):
    """{(family, type, code): cause}: each code that has a row's name of its
    own, and the first of those that share one."""
    rows, family = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            family = SECTIONS.get(line[:7])
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if family is None or len(cells) != 7 or not cells[0][:1].isdigit() or \
                cells[2] == "none":
            continue
        for part in cells[0].split(","):
            rows[family, *numbers(part)[0]] = cells[2]
    return rows
