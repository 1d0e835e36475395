"""Writes a CSV of events: user,item,rating,timestamp. Usage: make_events.py LINES FILE"""

import sys

import numpy as np


def main():
    lines, path = int(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng(7)
    block = 1_000_000
    with open(path, "w", encoding="ascii") as out:
        out.write("userId,movieId,rating,timestamp\n")
        for start in range(0, lines, block):
            count = min(block, lines - start)
            # Popularity of items and activity of users fall off as in real data; the order is by time, so ids are mixed.
            user = np.minimum(rng.pareto(1.2, count) * 2000, 99_999).astype(int)
            item = np.minimum(rng.pareto(1.0, count) * 500, 19_999).astype(int)
            half_stars = rng.integers(1, 11, count)
            time = 1_000_000_000 + start + np.arange(count)
            rows = zip(user.tolist(), item.tolist(), half_stars.tolist(), time.tolist())
            out.write("".join(f"{u},{i},{r / 2},{t}\n" for u, i, r, t in rows))


if __name__ == "__main__":
    main()
