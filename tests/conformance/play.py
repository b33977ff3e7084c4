#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One test of conformance in the network namespace that it is started in; TAP.
Status 0: shown, 1: not so, 2: no test was made.

usage: play.py BUILD MODULE.FUNCTION          (tests/check-conformance)
"""
import os
import sys
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "unit")]

import importlib

import plan
from lab import Lab, ok, points


def main():
    name = sys.argv[2]
    importlib.import_module(name.partition(".")[0])
    entry = next(e for e in plan.entries if e.name == name)
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    lab = Lab()
    try:
        try:
            entry.run(lab)
        except Exception:
            ok(False, "goes through to its end")
            print("# " + traceback.format_exc().replace("\n", "\n# "))
    finally:
        lab.end()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


try:
    sys.exit(main())
except SystemExit as why:
    if isinstance(why.code, str):
        print("Bail out!", why.code)
        sys.exit(2)
    raise
