#!/usr/bin/env python3
"""Which items are also bought: AUC of the cosines of vectors, alone and in a logistic regression, on items held out.

Usage: links.py also_bought.txt NAME=VECTORS.npy...     needs numpy

Lines of also_bought.txt: an item and those bought with it. VECTORS.npy is what `akin encode ENCODER -d DATA --to npy`
wrote, with its list of ids. A fifth of the items is held out; the regression learns from pairs of the others and is
asked about the pairs with a held-out item. To each pair comes one of the same item with another, drawn as often as items
are bought with others. Means and standard deviations over five seeds.
"""
import json
import pathlib
import sys

import numpy as np


def area(scores, truth):
    """Under the ROC curve; ties count half."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = truth.sum()
    return (rank[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive))


def logistic(features, truth):
    """Newton's steps to the maximum of the likelihood."""
    weights = np.zeros(features.shape[1])
    for _ in range(15):
        chance = 1 / (1 + np.exp(-features @ weights))
        curve = (features.T * (chance * (1 - chance))) @ features + 1e-3 * np.eye(len(weights))
        weights += np.linalg.solve(curve, features.T @ (truth - chance) - 1e-3 * weights)
    return weights


def cosines(rows, pairs):
    parts = np.array_split(pairs, len(pairs) // 5000 + 1)
    return np.concatenate([np.einsum("ij,ij->i", rows[part[:, 0]], rows[part[:, 1]]) for part in parts])


def main():
    links, *sources = sys.argv[1:]
    names, files = zip(*(source.split("=", 1) for source in sources))
    ids = json.loads(pathlib.Path(files[0] + ".ids.json").read_text())
    assert all(json.loads(pathlib.Path(file + ".ids.json").read_text()) == ids for file in files), "other ids"
    places = {item: at for at, item in enumerate(ids)}
    lines = [line.split() for line in pathlib.Path(links).read_text().splitlines()]
    pairs = np.array([(places[a], places[b]) for a, *others in lines for b in others if a in places and b in places])
    known = set(map(tuple, pairs))
    rows = []
    for file in files:
        vectors = np.load(file)
        rows.append(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
    found = {}
    for seed in range(1, 6):
        draw = np.random.default_rng(seed)
        others = np.stack([pairs[:, 0], draw.permutation(pairs[:, 1])], 1)
        others = others[[a != b and (a, b) not in known for a, b in others]]
        both = np.concatenate([pairs, others])
        truth = np.arange(len(both)) < len(pairs)
        features = np.stack([*(cosines(r, both) for r in rows), np.ones(len(both))], 1)
        test = (draw.random(len(ids)) < 0.2)[both].any(1)
        scores = features[test] @ logistic(features[~test], truth[~test])
        for name, values in [*zip(names, features[test].T), ("all, logistic", scores)]:
            found.setdefault(name, []).append(area(values, truth[test]))
    print(f"{len(pairs)} pairs")
    for name, values in found.items():
        print(f"{name:<14} {np.mean(values):.3f} +- {np.std(values, ddof=1):.3f}")


if __name__ == "__main__":
    main()
