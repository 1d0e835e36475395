"""Writes ratings for both programs: NAME.train, NAME.test (int32 user, int32 item, float32 rating) and NAME.csv.

Usage: make_ratings.py movielens RATINGS.dat NAME | make_ratings.py synthetic COUNT NAME

A random tenth is the test part. Synthetic: users and items as in bench/peers/import_csv, ratings mean + biases + a product
of vectors of length 8 + noise of standard deviation 0.8, rounded to half stars.
"""
import sys

import numpy as np


def movielens(path):
    table = np.array([line.split("::")[:3] for line in open(path, encoding="latin-1")], dtype=np.int64)
    user, item = (np.unique(table[:, column], return_inverse=True)[1] for column in (0, 1))
    return user, item, table[:, 2].astype(np.float32)


def synthetic(count):
    rng = np.random.default_rng(7)
    user = np.minimum(rng.pareto(1.2, 2 * count) * 2000, 99_999).astype(np.int64)
    item = np.minimum(rng.pareto(1.0, 2 * count) * 500, 19_999).astype(np.int64)
    pairs = np.unique(user * 20_000 + item)  # each pair once
    pairs = rng.permutation(pairs)[:count]
    user, item = (np.unique(ids, return_inverse=True)[1] for ids in (pairs // 20_000, pairs % 20_000))
    p, q = rng.normal(0, 0.45, (user.max() + 1, 8)), rng.normal(0, 0.45, (item.max() + 1, 8))
    a, b = rng.normal(0, 0.4, len(p)), rng.normal(0, 0.4, len(q))
    rating = np.empty(len(user), np.float32)
    for begin in range(0, len(user), 1_000_000):
        u, i = user[begin:begin + 1_000_000], item[begin:begin + 1_000_000]
        score = 3.5 + a[u] + b[i] + (p[u] * q[i]).sum(1) + rng.normal(0, 0.8, len(u))
        rating[begin:begin + 1_000_000] = np.clip(np.round(score * 2) / 2, 0.5, 5)
    return user, item, rating


def main():
    kind, source, name = sys.argv[1:4]
    user, item, rating = movielens(source) if kind == "movielens" else synthetic(int(source))
    nodes = np.empty(len(user), dtype=[("user", "<i4"), ("item", "<i4"), ("rating", "<f4")])
    nodes["user"], nodes["item"], nodes["rating"] = user, item, rating
    held = np.random.default_rng(1).random(len(nodes)) < 0.1
    nodes[~held].tofile(f"{name}.train")
    nodes[held].tofile(f"{name}.test")
    with open(f"{name}.csv", "w", encoding="ascii") as out:
        out.write("user,item,rating,part\n")
        for begin in range(0, len(nodes), 1_000_000):
            rows = zip(*(column[begin:begin + 1_000_000].tolist() for column in (user, item, rating, held * 2)))
            out.write("".join(f"{u},{i},{r:g},{part}\n" for u, i, r, part in rows))
    print(f"{name}: {len(nodes)} ratings of {user.max() + 1} users and {item.max() + 1} items")


if __name__ == "__main__":
    main()
