"""Times pandas.read_csv, plain and with ids made dense as akin does it. Usage: pandas_read.py FILE"""

import resource
import sys
import time

import pandas as pd


def main():
    path = sys.argv[1]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    events = pd.read_csv(path)
    read, read_cpu = time.perf_counter() - start, time.process_time() - cpu
    users, user_names = pd.factorize(events["userId"])
    items, item_names = pd.factorize(events["movieId"])
    dense, dense_cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"pandas {pd.__version__}")
    print(f"events {len(events)}\nusers {len(user_names)}\nitems {len(item_names)}")
    print(f"read_seconds {read:.3f}\nread_cpu_seconds {read_cpu:.3f}")
    print(f"read_million_lines_per_second {len(events) / 1e6 / read:.3f}")
    print(f"read_and_factorize_seconds {dense:.3f}\nread_and_factorize_cpu_seconds {dense_cpu:.3f}")
    print(f"read_and_factorize_million_lines_per_second {len(events) / 1e6 / dense:.3f}")
    print(f"peak_mebibytes {peak / 1024:.1f}")


if __name__ == "__main__":
    main()
