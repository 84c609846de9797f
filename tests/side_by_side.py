"""Runs compiled tests side by side: most of what they do is to wait, for machines, for clouds and for programs.

On standard input is what `cargo test --no-run --message-format json` says; what a binary prints is shown when it has ended.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time

# Those that take longest come first, so that none is left alone at the end.
FIRST = "aws host pool cli wizard core".split()

# Tests that compare what they count with time, each by the beginning of its name: they run when nothing else does.
APART = {"aws": ["annex_stacks::many", "ec2::runs"]}

# How long each took, and how long it computed, in seconds.
TIMES = {}
# What was passed over, for want of its real part.
SKIPPED = []


def binaries(lines):
    """Each binary with tests, by its name: (name, path, directory of its package)."""
    for line in lines:
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            yield message["target"]["name"], message["executable"], os.path.dirname(message["manifest_path"])


def run(name, path, directory, is_apart=False):
    """Runs one to its end, as cargo would, and shows what it printed; why it failed, or nothing.

    Without its tests that run apart, or those alone.
    """
    began = time.monotonic()
    environment = {**os.environ, "CARGO_MANIFEST_DIR": directory}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    apart = APART.get(name, [])
    arguments = apart if is_apart else [word for test in apart for word in ("--skip", test)]
    if is_apart:
        name += " apart"
    process = subprocess.Popen([path, *arguments], cwd=directory, env=environment, text=True, errors="replace", **output)
    said = process.stdout.read()
    # With what it and its children computed, which says what is left to gain by running more at once.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    TIMES[name] = took, used.ru_utime + used.ru_stime
    SKIPPED.extend(f"{name}: {line}" for line in said.splitlines() if line.startswith("SKIPPED, "))
    print(f"     Running {name} ({took:.0f} s)\n{said}", flush=True)
    if code == 0:
        return None
    # The harness tells of each failure between two lines like this one.
    return said.partition("\nfailures:\n")[2] or f"it ended with code {code}\n"


def main():
    found = list(binaries(sys.stdin))
    place = {name: number for number, name in enumerate(FIRST)}
    found.sort(key=lambda binary: (place.get(binary[0], len(FIRST)), binary[0]))
    at_once = max(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        reasons = list(pool.map(lambda binary: run(*binary), found))
    failed = {name: reason for (name, _, _), reason in zip(found, reasons) if reason}
    for name, path, directory in found:
        reason = run(name, path, directory, is_apart=True) if name in APART else None
        if reason:
            failed[f"{name} apart"] = reason
    # Once more at the end, where they are looked for.
    for name, reason in failed.items():
        print(f"==== failures of {name}\n{reason}", flush=True)
    longest_first = sorted(TIMES.items(), key=lambda time: -time[1][0])
    print("==== seconds, and seconds of processors")
    print("\n".join(f"{took:5.0f} {used:5.0f}  {name}" for name, (took, used) in longest_first))
    print(f"==== skipped: {len(SKIPPED)}\n" + "\n".join(SKIPPED), flush=True)
    if failed or not found:
        sys.exit(f"failed: {' '.join(failed) or 'there are no tests'}")


main()
