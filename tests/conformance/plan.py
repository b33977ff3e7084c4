# SPDX-License-Identifier: BSD-2-Clause
"""What tests/check-conformance runs: for each row of docs/requirements.md one
test, the peer that it is shown against, and a change of the code under which
that test has to fail."""
import collections

Mutation = collections.namedtuple("Mutation", "file old new")
Entry = collections.namedtuple("Entry", "name rows peer mutation kind run")

# Sorts of tests.  LAB: a function, in a network namespace of its own, with the
# real daemon.  TIME: a course of the simulator, judged by a function.  UNIT: a
# test of tests/unit that is there already, as it is.
LAB, TIME, UNIT = "lab", "time", "unit"

REG, CALL, FO, PASS, STANDBY, HEALTH, TXN, VERDICT = (
    f"userspace/core/{name}.c" for name in (
        "fo_reg", "fo_call", "failover", "pass", "fo_standby", "health", "txn",
        "verdict"))
SCHEMA, CONF = "userspace/codec/conf_schema.c", "userspace/codec/conf_line.c"
REQUEST, BUILD_C = "userspace/agent_request.c", "userspace/agent_build.c"
PULSE, AGENT_CALL = "userspace/agent_pulse.c", "userspace/agent_call.c"

entries = []


def add(rows, peer, mutation, kind, name, run):
    entries.append(Entry(name, rows, peer, Mutation(*mutation), kind, run))


def shows(*rows, peer, mutation):
    """run(lab), in the order of ok() (lab.py)."""
    def keep(run):
        add(rows, peer, mutation, LAB,
            run.__module__.rpartition(".")[2] + "." + run.__name__, run)
        return run
    return keep


def in_time(*rows, course, mutation, peer="simulator, virtual time"):
    """run(trace) is a generator of (whether, what) from a course's ladder."""
    def keep(run):
        add(rows, peer, mutation, TIME,
            run.__module__.rpartition(".")[2] + "." + run.__name__,
            (course, run))
        return run
    return keep


def unit(*rows, test, peer, mutation, point=""):
    """test: as tests/run-unit takes it; point: what its point says."""
    add(rows, peer, mutation, UNIT, test, point)
