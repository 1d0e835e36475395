#!/usr/bin/env python3
"""How well vectors of pictures tell the classes of products: nearest neighbours on five random parts.

    neighbors.py VECTORS.npy STYLES.csv

VECTORS.npy is what `akin encode net.enc -d DATA -o VECTORS.npy --to npy` wrote, with VECTORS.npy.ids.json beside it; STYLES.csv has the
columns id, articleType and masterCategory. Each part holds out 2,000 items drawn by numpy's default_rng(seed), seeds 0 to 4, and
prints the share of right classes: by the nearest neighbour (cosine), and by the vote of five in 256 whitened principal components
of the other items. Needs numpy.
"""
import csv
import json
import pathlib
import sys

import numpy as np

HELD, COMPONENTS, NEIGHBORS = 2000, 256, 5
TARGETS = ("articleType", "masterCategory")


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def vote(labels, near):
    """The most frequent label of each row of neighbours, the nearer one's of several."""
    result = []
    for row in labels[near]:
        counts = {label: (row == label).sum() for label in row}
        result.append(max(counts, key=counts.get))
    return np.array(result)


def nearest(test, train, count):
    scores = test @ train.T
    near = np.argpartition(-scores, count, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
    return np.take_along_axis(near, order, 1)


def whitened(train, test):
    mean = train.mean(0)
    values, axes = np.linalg.eigh(np.cov(train - mean, rowvar=False))
    chosen = axes[:, -COMPONENTS:] / np.sqrt(np.maximum(values[-COMPONENTS:], 1e-12))
    return unit((train - mean) @ chosen), unit((test - mean) @ chosen)


def main():
    path = pathlib.Path(sys.argv[1])
    ids = json.loads(pathlib.Path(f"{path}.ids.json").read_text())
    vectors = np.load(path).astype(np.float32)
    with open(sys.argv[2], encoding="utf-8") as file:
        styles = {row["id"]: row for row in csv.DictReader(file)}
    vectors = unit(vectors)
    labels = {target: np.unique([styles[i][target] for i in ids], return_inverse=True)[1] for target in TARGETS}
    results = {target: [] for target in TARGETS}
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(ids))
        test, train = order[:HELD], order[HELD:]
        one = nearest(vectors[test], vectors[train], 1)
        white_train, white_test = whitened(vectors[train], vectors[test])
        five = nearest(white_test, white_train, NEIGHBORS)
        for target, own in labels.items():
            results[target].append([(vote(own[train], near) == own[test]).mean() for near in (one, five)])
    for target, shares in results.items():
        mean, deviation = np.mean(shares, 0), np.std(shares, 0, ddof=1)
        print(f"{target:15} 1-NN {mean[0]:.4f} ({deviation[0]:.4f})   whitened 5-NN {mean[1]:.4f} ({deviation[1]:.4f})")


if __name__ == "__main__":
    main()
