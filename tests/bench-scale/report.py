# SPDX-License-Identifier: BSD-2-Clause
"""Counts to table, csv, plot; nothing of it measures."""
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BYTES_MOST = 4096
RATIO_MOST = 1.1        # log n of the heap of deadlines, and malloc's lists


def resident_kib(smaps):
    """Pages of its own: what another size of the same program does not share."""
    return sum(int(n) for n in re.findall(
        r"^Private_(?:Clean|Dirty): +(\d+) kB$", smaps, re.M))


def callgrind_total(text):
    got = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
    if not got:
        raise ValueError("no total in callgrind's output")
    return int(got[1])


def per_line(rows, key):
    """What a line adds, from the smallest to each size: (size, bytes)."""
    base = rows[0]
    return [(r["lines"], (r[key] - base[key]) * 1024 /
             (r["lines"] - base["lines"])) for r in rows[1:]]


def table(rows):
    added = dict(per_line(rows, "kib"))
    after = dict(per_line(rows, "kib_after"))
    base = rows[0]["instructions"] / rows[0]["lines"]
    out = [f"{'lines':>6} {'B/line':>8} {'B/line':>8} {'instr/line':>11} "
           f"{'ratio':>6} {'moved':>8} {'REGISTERs':>10} {'most in':>8} "
           f"{'load':>6} {'start':>7}",
           f"{'':>6} {'idle':>8} {'moved':>8} {'of failover':>11} "
           f"{'':>6} {'s':>8} {'per line':>10} {'0.1 s':>8} {'s':>6} "
           f"{'s':>7}"]
    for r in rows:
        n = r["lines"]
        each = r["instructions"] / n
        out.append(
            f"{n:>6} "
            + "".join(f"{round(x[n]):>8} " if n in x else f"{'-':>8} "
                      for x in (added, after))
            + f"{round(each):>11} {each / base:>6.2f} {r['moved_s']:>8.2f} "
            f"{r['registers'] / n:>10.2f} {r['peak']:>8} {r['load_s']:>6.2f} "
            f"{r['start_s']:>7.2f}")
    return "\n".join(out) + "\n"


def met(got, most):
    return "met" if got <= most else "not met"


def targets(rows):
    """What the largest size says of the two targets."""
    last, first = rows[-1], rows[0]
    if len(rows) < 2:
        return ""
    idle = round(dict(per_line(rows, "kib"))[last["lines"]])
    ratio = (last["instructions"] / last["lines"]) / (
        first["instructions"] / first["lines"])
    return (f"target: an idle line at most {BYTES_MOST} bytes, of "
            f"{last['lines']}: {idle}, {met(idle, BYTES_MOST)}\n"
            f"target: instructions per line of {last['lines']} at most "
            f"{RATIO_MOST} of those of {first['lines']}: {ratio:.3f}, "
            f"{met(ratio, RATIO_MOST)}\n")


def csv(rows):
    added = dict(per_line(rows, "kib"))
    out = ["lines,bytes,instructions,moved_s"]
    for r in rows:
        n = r["lines"]
        out.append(f"{n},{round(added[n]) if n in added else ''},"
                   f"{round(r['instructions'] / n)},"
                   f"{r['moved_s']:.3f}")
    return "\n".join(out) + "\n"


def put(docs, text, name="bench-scale"):
    """The table between the two marks of the page; the page."""
    new, n = re.subn(
        rf"(<!-- run of {name} -->\n```\n).*?(```\n<!-- end of {name} -->)",
        lambda m: m[1] + text + m[2], docs, flags=re.S)
    if n != 1:
        raise ValueError("no marks of " + name)
    return new


def write_page(text, name):
    page = HERE + "/../../docs/benchmarks.md"
    with open(page, encoding="utf-8") as f:
        new = put(f.read(), text, name)
    with open(page, "w", encoding="utf-8") as f:
        f.write(new)


def write(at, head, rows, docs):
    text = head + "\n" + table(rows) + "\n" + targets(rows)
    print(text, end="")
    with open(at + "/table.txt", "w", encoding="utf-8") as f:
        f.write(text)
    with open(at + "/scale.csv", "w", encoding="utf-8") as f:
        f.write(csv(rows))
    subprocess.run(["gnuplot", "-e", f"at='{at}'", HERE + "/plot.gp"],
                   check=True)
    print(f"\nplot: {at}/plot.svg")
    if not docs:
        return
    write_page(text, "bench-scale")
    with open(at + "/plot.svg", encoding="utf-8") as f:
        first, *rest = [line.rstrip() for line in f]
    tag = "SPDX-" + "License-Identifier: BSD-2-Clause"
    with open(HERE + "/../../docs/benchmarks-scale.svg", "w",
              encoding="utf-8") as f:
        f.write("\n".join([first, f"<!-- {tag} -->"] + rest) + "\n")
