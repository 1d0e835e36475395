"""Times, memory and traffic of fits on one and two ranks. Usage: measure.py AKIN DATA [MODEL...]

A line for each way to start: seconds per epoch (the mean of epochs 2 to 5 of 6, by the clock of akin's progress lines), the peak
memory of each rank, the most first, and the megabytes that all ranks send per epoch: counted at the virtual network cards, and by formula.
run.sh sets HOSTS_MPIRUN, HOST_NAMES and HOST_ADDRESSES for the two hosts; without them the line over TCP is left out.
"""

import json
import os
import re
import subprocess
import sys

from cost import epoch_bytes

EPOCHS = 6  # the last one is another step in als
OPTIONS = {"als-exact": ["als", "--solver", "exact"]}
RUN_AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def starts():
    """Name, command before `akin`, ranks, threads. Without --bind-to none all threads of a rank would share a processor."""
    local = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", "2"]
    yield "1 process, 1 thread", [], 1, 1
    yield "1 process, 2 threads", [], 1, 2
    yield "2 ranks, shared memory", local, 2, 1
    if "HOSTS_MPIRUN" in os.environ:
        hosts = ["--host", os.environ["HOST_ADDRESSES"]]
        yield "2 ranks, TCP", [os.environ["HOSTS_MPIRUN"], "--bind-to", "none", *hosts, "-n", "2"], 2, 1


def sent():
    """Bytes that have left the cards of both hosts."""
    total = 0
    for host in os.environ.get("HOST_NAMES", "").split():
        shown = subprocess.run(["ip", "-n", host, "-s", "-j", "link", "show", "card"], check=True, capture_output=True)
        total += json.loads(shown.stdout)[0]["stats64"]["tx"]["bytes"]
    return total


def measure(akin, data, model, before, threads):
    command = [*before, "/usr/bin/time", "-f", "peak %M", akin, "train", *OPTIONS.get(model, [model]), "-d", data, "-o",
               "measure.akin", "--holdout", "none", "--factors", "64", "--epochs", str(EPOCHS), "--threads", str(threads),
               "--log-json"]
    started = subprocess.Popen(command, env={**os.environ, **RUN_AS_ROOT}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    points, peaks, said = [], [], []
    for line in started.stderr:
        said.append(line)
        if line.startswith('{"done"'):
            progress = json.loads(line)
            if progress["done"] < EPOCHS:  # there may be none for a short epoch
                points.append((progress["done"], progress["seconds"], sent()))
        if peak := re.match(r"peak (\d+)", line):
            peaks.append(int(peak[1]) // 1024)
    if started.wait() != 0:
        sys.exit("".join(said))
    if len(points) < 2:
        sys.exit(f"{model}: too fast to be measured; take more events (EVENTS=20000000)")
    epochs, seconds, traffic = (last - first for first, last in zip(points[0], points[-1]))
    return seconds / epochs, sorted(peaks, reverse=True), traffic / epochs


def shape(akin, data):
    described = json.loads(subprocess.run([akin, "describe", data, "--json"], check=True, capture_output=True).stdout)
    return described["users"], described["items"], described["events"]


def main():
    akin, data, models = sys.argv[1], sys.argv[2], sys.argv[3:] or ["als", "als-exact", "bpr", "logistic-mf"]
    users, items, events = shape(akin, data)
    print(f"{'':12} {'':24} s/epoch   MB per rank  MB sent/epoch  by formula", flush=True)
    for model in models:
        for name, before, ranks, threads in starts():
            seconds, peak, traffic = measure(akin, data, model, before, threads)
            formula = epoch_bytes(model.removesuffix("-exact"), ranks, users, items, 64, events)
            counted = f"{traffic / 1e6:14.1f}" if "TCP" in name else f"{'':14}"
            print(f"{model:12} {name:24} {seconds:7.2f} {' '.join(map(str, peak)):>13} {counted} {formula / 1e6:11.1f}", flush=True)


if __name__ == "__main__":
    main()
