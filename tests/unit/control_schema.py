# SPDX-License-Identifier: BSD-2-Clause
"""docs/control.schema.json as the tests of the daemon use it: for readers its
objects are open, here a member that it does not name is a mistake.

Without Debian's python3-jsonschema nothing is checked but by
sipoverd_schema_test.py, which then fails.
"""
import copy
import json
import os

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Of one method so many answers of a daemon are checked: most are the same.
ENOUGH = 60

with open(os.path.join(ROOT, "docs", "control.schema.json"),
          encoding="utf-8") as f:
    SCHEMA = json.load(f)
DEFS = SCHEMA["$defs"]
OPEN = {"trace_row", "notification"}    # the rest is said elsewhere


def names(kind):
    """Of the methods or events that it has."""
    return {n.split(".", 1)[1] for n in DEFS if n.startswith(kind + ".")}


def closed(node):
    """In place: no members beside the ones named."""
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, (dict, list)):
            closed(value)
    if isinstance(node, dict) and isinstance(node.get("properties"), dict) \
            and node.get("type") == "object":
        node.setdefault("additionalProperties", False)


STRICT = copy.deepcopy(SCHEMA)
for name, definition in STRICT["$defs"].items():
    if name not in OPEN:
        closed(definition)
validators = {}


def wrong(name, value):
    """What does not fit the definition, in one line, or None."""
    if not jsonschema:
        return None
    if name not in validators:
        if name.split("/")[0] not in DEFS:
            return f"{name}: not in docs/control.schema.json"
        validators[name] = jsonschema.Draft202012Validator(
            {"$ref": "#/$defs/" + name, "$defs": STRICT["$defs"]})
    error = jsonschema.exceptions.best_match(
        validators[name].iter_errors(value))
    if not error:
        return None
    where = "/".join(str(p) for p in error.absolute_path)
    return f"{name}: {where}: {error.message}"[:300]


class Checker:
    """What one daemon said."""

    def __init__(self):
        self.counts, self.found = {}, []

    def note(self, name, value):
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.counts[name] <= ENOUGH and len(self.found) < 8:
            bad = wrong(name, value)
            if bad:
                self.found.append(bad)

    def answer(self, method, params, line):
        self.note("answer", line)
        if "result" in line:
            self.note(f"method.{method}",
                      {"params": params, "result": line["result"]})

    def event(self, line):
        self.note("notification", line)
        event = line.get("params", {})
        self.note(f"event.{event.get('type')}", event)
