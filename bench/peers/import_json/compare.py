#!/usr/bin/env python3
"""Reads one file of reviews with akin and with pandas alternately and prints a table: compare.py IMPORT_BENCH FILE [ROUNDS]

Each reading is a process of its own. Wall time is the best of the rounds; processor time is that round's. Peak memory is
what reading added to the process.
"""
import json
import os
import subprocess
import sys

PANDAS = """
import json, resource, sys, time
import pandas
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
before, cpu_before, start = peak(), cpu(), time.perf_counter()
frame = pandas.read_json(sys.argv[1], lines=True)
print(json.dumps({"read_seconds": time.perf_counter() - start, "read_cpu_seconds": cpu() - cpu_before,
                  "peak_mebibytes": peak() - before, "events": len(frame), "version": pandas.__version__}))
"""


def run_akin(program, path):
    output = subprocess.run([program, "amazon", path], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def run_pandas(path):
    return json.loads(subprocess.run([sys.executable, "-c", PANDAS, path], check=True, capture_output=True, text=True).stdout)


def main():
    program, path = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with open(path, "rb") as file:  # into the page cache
        while file.read(1 << 24):
            pass
    akin, pandas = [], []
    for _ in range(rounds):
        akin.append(run_akin(program, path))
        pandas.append(run_pandas(path))
    best_akin, best_pandas = (min(runs, key=lambda run: run["read_seconds"]) for runs in (akin, pandas))
    if best_akin["events"] != best_pandas["events"]:
        sys.exit(f"compare.py: akin read {best_akin['events']:.0f} events, pandas {best_pandas['events']}")
    megabytes = os.path.getsize(path) / 1e6
    print(f"{megabytes:.0f} MB, {best_pandas['events']} reviews, best of {rounds}, pandas {best_pandas['version']}")
    print(f"{'':8}{'seconds':>10}{'MB/s':>8}{'cpu s':>8}{'MB/cpu s':>10}{'peak MiB':>10}")
    for name, run in (("akin", best_akin), ("pandas", best_pandas)):
        wall, cpu = run["read_seconds"], run["read_cpu_seconds"]
        print(f"{name:8}{wall:10.2f}{megabytes / wall:8.0f}{cpu:8.2f}{megabytes / cpu:10.0f}{run['peak_mebibytes']:10.0f}")
    print(f"akin keeps {best_akin['kept_mebibytes']:.0f} MiB of columns; its peak, building the data set included, is "
          f"{best_akin['peak_over_kept']:.2f} times that")


if __name__ == "__main__":
    main()
