"""Runs compiled tests side by side: most of what they do is to wait, for machines, for clouds and for programs.

On standard input is what `cargo test --no-run --message-format json` says; what a binary prints is shown when it has ended.

A few tests that failed beside others run once more by themselves. Those that hold then are named at the end as flaky:
something in them, or in hoist, depends on the load, and is worth finding.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time

# Those that take longest come first, so that none is left alone at the end.
FIRST = "aws pool host core cli fleet queues daemon".split()

# Those that compute next to nothing while they wait for a cloud: they run beside all others from the beginning.
WAITING = ["wizard"]

# Tests that compare what they count with time, each by the beginning of its name: they run when nothing else does.
APART = {"aws": ["annex_stacks::many", "ec2::runs", "ec2::renewals::a_thousand"], "pool": ["work_source::jobs::ten_thousand"]}

# More failures than these, of a thousand and a half, are no chance.
FLAKY_AT_MOST = 6

# How long each took, and how long it computed, in seconds.
TIMES = {}
# What was passed over, for want of its real part.
SKIPPED = []


# How often it is looked whether the machine has nothing to compute, in seconds, and what share of it must be idle for one
# more binary: at their ends, binaries wait for a few long tests.
LOOK = 10
IDLE = 0.6


class Idleness:
    """What share of the machine computed nothing, or what makes way, since it was last looked at (proc(5), `/proc/stat`)."""

    def __init__(self):
        self.idle, self.all = self.read()

    @staticmethod
    def read():
        with open("/proc/stat", encoding="ascii") as stat:
            figures = [int(figure) for figure in stat.readline().split()[1:]]
        _user, nice, _system, idle, waiting = figures[:5]
        return nice + idle + waiting, sum(figures)

    def share(self):
        idle, everything = self.read()
        share = (idle - self.idle) / max(1, everything - self.all)
        self.idle, self.all = idle, everything
        return share


class Failure:
    """A binary that failed: what it printed of that, and the tests that did, as far as it came to name them."""

    def __init__(self, said, code):
        # The harness tells of each failure between two lines like this one, and then names them all.
        _, _, self.reason = said.partition("\nfailures:\n")
        self.reason = self.reason or f"it ended with code {code}\n"
        _, listed, names = said.rpartition("\nfailures:\n")
        self.tests = [name.strip() for name in names.partition("\n\n")[0].splitlines() if listed and code == 101]


def binaries(lines):
    """Each binary with tests, by its name: (name, path, directory of its package)."""
    for line in lines:
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            yield message["target"]["name"], message["executable"], os.path.dirname(message["manifest_path"])


def run(name, path, directory, selection, title=None):
    """Runs these tests of one binary to their end, as cargo would, and shows what it printed; its failure, or nothing."""
    title = title or name
    began = time.monotonic()
    environment = {**os.environ, "CARGO_MANIFEST_DIR": directory}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen([path, *selection], cwd=directory, env=environment, text=True, errors="replace", **output)
    said = process.stdout.read()
    # With what it and its children computed, which says what is left to gain by running more at once.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    TIMES[title] = took, used.ru_utime + used.ru_stime
    SKIPPED.extend(f"{title}: {line}" for line in said.splitlines() if line.startswith("SKIPPED, "))
    print(f"     Running {title} ({took:.0f} s)\n{said}", flush=True)
    return Failure(said, code) if code else None


def side_by_side(found):
    """Runs all binaries, but for their tests apart, as many at once as there are processors, and more while these are idle."""
    at_once = max(2, os.cpu_count() or 1)
    waiting = [binary for binary in found if binary[0] in WAITING]
    queue = [binary for binary in found if binary[0] not in WAITING]
    running, failures, idleness = {}, [], Idleness()

    def beside_others(binary):
        return run(*binary, [word for test in APART.get(binary[0], []) for word in ("--skip", test)])

    with concurrent.futures.ThreadPoolExecutor(max(1, len(found))) as pool:
        running.update((pool.submit(beside_others, binary), binary) for binary in waiting)
        while queue or running:
            room = at_once - sum(binary not in waiting for binary in running.values())
            room = max(room, int(idleness.share() > IDLE))
            running.update((pool.submit(beside_others, binary), binary) for binary in queue[:room])
            del queue[:room]
            ended, _ = concurrent.futures.wait(running, LOOK, concurrent.futures.FIRST_COMPLETED)
            ends = [(running.pop(end), end.result()) for end in ended]
            failures += [(binary, failure) for binary, failure in ends if failure]
    return failures


def main():
    found = list(binaries(sys.stdin))
    place = {name: number for number, name in enumerate(FIRST)}
    found.sort(key=lambda binary: (place.get(binary[0], len(FIRST)), binary[0]))
    failures = side_by_side(found)
    apart = [binary for binary in found if binary[0] in APART]
    # What they count takes little of the machine: it is the load of all others that would matter.
    with concurrent.futures.ThreadPoolExecutor(max(1, len(apart))) as pool:
        ended = pool.map(lambda binary: run(*binary, APART[binary[0]], f"{binary[0]} apart"), apart)
        failures += [(binary, failure) for binary, failure in zip(apart, ended) if failure]
    # Once more at the end, where they are looked for.
    for (name, _, _), failure in failures:
        print(f"==== failures of {name}\n{failure.reason}", flush=True)
    failed = [binary[0] for binary, failure in failures if not failure.tests]
    named = [(binary, test) for binary, failure in failures for test in failure.tests]
    flaky = []
    for binary, test in named:
        again = len(named) > FLAKY_AT_MOST or run(*binary, ["--exact", test], f"{binary[0]} {test} alone")
        (failed if again else flaky).append(f"{binary[0]} {test}")
    longest_first = sorted(TIMES.items(), key=lambda time: -time[1][0])
    print("==== seconds, and seconds of processors")
    print("\n".join(f"{took:5.0f} {used:5.0f}  {name}" for name, (took, used) in longest_first))
    print(f"==== skipped: {len(SKIPPED)}\n" + "\n".join(SKIPPED))
    print(f"==== flaky: {len(flaky)}\n" + "\n".join(flaky), flush=True)
    if failed or not found:
        sys.exit(f"failed: {' '.join(failed) or 'there are no tests'}")


main()
