"""Runs commands one after the other and tells wall time, CPU time and peak memory of each."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version


def machine():
    """A line on where this runs, and under which load: figures without it mean little."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal")) // 2**20
    peers = ", ".join(f"{it} {version(it)}" for it in ["duckdb", "polars", "splink"])
    load = " ".join(f"{it:.1f}" for it in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, {memory} GiB, Python {platform.python_version()}; {peers}; load average {load}"


def run(command):
    """Wall seconds, CPU seconds of the process and its threads, peak MiB, and what it printed."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr)
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    # 1 says that something needs attention, such as rows that cannot be read.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"failed: {' '.join(command)}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024, "output": output}


def in_turns(commands, rounds):
    """Every command once a round, so that what else the machine does falls on all alike."""
    runs = {name: [] for name in commands}
    for turn in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command))
            last = runs[name][-1]
            print(f"round {turn + 1}: {name}: {last['wall']:.2f} s, {last['cpu']:.2f} CPU s, {last['mib']:.0f} MiB", file=sys.stderr)
    return runs


def median(runs, what):
    return statistics.median(it[what] for it in runs)


def print_table(runs, ours=None):
    """Medians, and how many times hufu's; no ratio where hufu was not run."""
    print("| run | wall s | CPU s | peak MiB | wall ÷ hufu | CPU ÷ hufu |\n| --- | --- | --- | --- | --- | --- |")
    for name, it in runs.items():
        wall, cpu, mib = (median(it, what) for what in ["wall", "cpu", "mib"])
        ratios = [f"{one / median(runs[ours], what):.1f}" for one, what in [(wall, "wall"), (cpu, "cpu")]] if ours in runs else ["–"] * 2
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {mib:.0f} | {ratios[0]} | {ratios[1]} |")


def last_json(output):
    return json.loads(output.strip().splitlines()[-1])
