"""Writes a CSV of 20 million synthetic events: user,item. Usage: make_events.py FILE

200,000 users with a lognormal number of events each, 100 on average; 50,000 items, popular by Zipf's law.
"""
import sys

import numpy as np

USERS, ITEMS, EVENTS = 200_000, 50_000, 20_000_000


def main():
    rng = np.random.default_rng(7)
    activity = rng.lognormal(0, 0.8, USERS)
    counts = rng.multinomial(EVENTS, activity / activity.sum())
    popularity = np.arange(1, ITEMS + 1) ** -0.8
    bounds = np.cumsum(popularity / popularity.sum())
    names = rng.permutation(ITEMS)  # so that item numbers are not ordered by popularity
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("user,item\n")
        for begin in range(0, USERS, 10_000):
            users = np.repeat(np.arange(begin, begin + 10_000), counts[begin:begin + 10_000])
            items = names[np.minimum(np.searchsorted(bounds, rng.random(len(users))), ITEMS - 1)]
            out.write("".join(f"{u},{i}\n" for u, i in zip(users.tolist(), items.tolist())))


if __name__ == "__main__":
    main()
