"""Seconds per epoch on many hosts, computed from rates measured on one. Usage: simulate.py [THREADS_PER_HOST [FETCH_MIB]]

Assumptions: one rank per host, which has THREADS_PER_HOST (16) processors like the one measured; threads and ranks divide the
work evenly, at the rates of two threads (measure.py; als per row: a data set of two million users with an event each); a host sends
and receives at the same time, each at 90 % of its line, to all others at once; sending and computing take turns, as in the
program; rows beyond the processor's cache cost what they cost in a table of 200,000. What one host cannot hold in memory is
computed all the same.
"""

import sys

import cost
from cost import STRIPES, epoch_bytes

EVENTS, USERS, ITEMS, FACTORS = 1e9, 10_000_000, 1_000_000, 64
# Microseconds of one thread: for an event; for a row; for a row's rotation, of items the same on all ranks.
RATES = {"als": (0.090, 0.18, 0.43), "als exact": (0.260, 0.18, 0.43), "bpr": (0.095, 0, 0), "logistic-mf": (0.345, 0, 0)}
HOSTS = (1, 2, 4, 8, 16, 32, 64)


def seconds(model, hosts, threads, gigabits):
    """Of computing and of sending."""
    event, divided, rotated = RATES[model]
    busy, ranks = hosts * threads, hosts
    if not model.startswith("als"):  # as many blocks as stripes are worked on at a time, on as many ranks at most
        busy, ranks = min(busy, STRIPES), min(hosts, STRIPES)
    computing = ((event * EVENTS + divided * (USERS + ITEMS) + rotated * USERS) / busy + rotated * ITEMS / threads) / 1e6
    sent = epoch_bytes(model.split()[0], ranks, USERS, ITEMS, FACTORS, EVENTS) / ranks
    return computing, sent / (0.9 * gigabits / 8 * 1e9)


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    cost.FETCHED = (int(sys.argv[2]) if len(sys.argv) > 2 else 4096) << 20  # --fetch-memory
    print(f"seconds per epoch (of these, sending); {EVENTS:.0e} events, {USERS:,} users, {ITEMS:,} items, {FACTORS} factors, "
          f"{threads} threads per host")
    for gigabits in (10, 100):
        print(f"{gigabits} Gbit/s".ljust(12) + "".join(f"{hosts:>13}" for hosts in HOSTS))
        for model in RATES:
            cells = [seconds(model, hosts, threads, gigabits) for hosts in HOSTS]
            print(f"{model:12}" + "".join(f"{a + b:6.2f} ({b:4.2f})" for a, b in cells))


if __name__ == "__main__":
    main()
