# SPDX-License-Identifier: BSD-2-Clause
"""The message ladder of a course of the simulator, to be asked questions."""
import collections
import re

Line = collections.namedtuple("Line", "ms src dst what method text")

MESSAGE = re.compile(r" *(\d+)  (\w+) > (\w+) +((\d{3} )?(\w+)) ?(.*)")
NOTE = re.compile(r" *(\d+)  +(.*)")


class Trace:
    """lines of messages as they are sent; notes: (ms, text) of the rest."""

    def __init__(self, text):
        self.lines, self.notes = [], []
        for line in text.splitlines():
            found = MESSAGE.fullmatch(line)
            if found and not line.endswith(" lost"):
                self.lines.append(Line(int(found[1]), found[2], found[3],
                                       found[4], found[6], found[7]))
            elif not found and NOTE.fullmatch(line):
                self.notes.append((int(NOTE.fullmatch(line)[1]),
                                   NOTE.fullmatch(line)[2]))

    def sent(self, method, to, since=0, until=1 << 60):
        """ms of the phone's requests."""
        return [n.ms for n in self.lines if n.src == "phone" and n.dst == to and
                n.what == method and since <= n.ms <= until]

    def noted(self, pattern):
        """ms of what matches."""
        return [ms for ms, text in self.notes if re.search(pattern, text)]


def gaps(times):
    return [b - a for a, b in zip(times, times[1:])]
