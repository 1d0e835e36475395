#!/usr/bin/env python3
"""Cold items of amazon-beauty by vectors of their titles: raw, whitened, and summed with TF-IDF.

Usage: cold_items.py DATA_FOLDER VECTORS.npy [SHRINKAGE]      needs numpy, scipy and scikit-learn

VECTORS.npy is what `akin encode minilm.enc -d beauty.data --to npy` wrote (beside it VECTORS.npy.ids.json). 20 % of the
items leave all histories; a user is the mean of the vectors of their other items, and the cold ones are ranked. Means
over five splits with their standard deviation, and one split more: that of the seed 1 which docs/content.md names. Whitening is
that of `--whiten --shrinkage`, fitted to the items that stay.
"""
import json
import pathlib
import sys

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer


def rows_of_length_one(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def whitened(x, learn, shrinkage):
    mean = x[learn].mean(0)
    covariance = np.cov(x[learn].T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    scale = np.sqrt((1 - shrinkage) * values.clip(0) + shrinkage * values.sum() / len(values))
    return rows_of_length_one((x - mean) @ vectors / scale)


def standardized(x):
    return (x - x.mean(1, keepdims=True)) / np.maximum(x.std(1, keepdims=True), 1e-12)


def measure(scores, truth, rng):
    """HR@10, Recall@20, NDCG@20; ties in random order."""
    order = np.argsort(-(scores + 1e-9 * rng.random(scores.shape)), axis=1)[:, :20]
    hits = np.take_along_axis(truth, order, axis=1)
    counts = truth.sum(1)
    gains = 1 / np.log2(np.arange(2, 22))
    ideal = np.cumsum(gains)[np.minimum(counts, 20).astype(int) - 1]
    return np.array([(hits[:, :10].sum(1) > 0).mean(), (hits.sum(1) / counts).mean(), ((hits * gains).sum(1) / ideal).mean()])


def main():
    data = pathlib.Path(sys.argv[1]) / "amazon-beauty"
    shrinkage = float(sys.argv[3]) if len(sys.argv) > 3 else 0.1
    ids = {name: i for i, name in enumerate(json.loads(pathlib.Path(sys.argv[2] + ".ids.json").read_text()))}
    dense = rows_of_length_one(np.load(sys.argv[2]).astype(np.float64))
    titles, catalogue = [""] * len(ids), []
    for line in (data / "items.tsv").read_text().splitlines():
        item, title = line.split("\t")[:2]
        titles[ids[item]] = title
        catalogue.append(ids[item])
    users = [[ids[item] for item in line.split()[1:]] for line in (data / "user_sequence.txt").read_text().splitlines()]
    figures = {}
    for seed in (1, 2, 3, 4, 5, None):
        rng = np.random.default_rng(seed or 1)
        if seed is None:
            cold = np.array(catalogue)[rng.choice(len(ids), len(ids) // 5, replace=False)]
        else:
            cold = rng.permutation(len(ids))[:len(ids) // 5]
        place = np.full(len(ids), -1)
        place[cold] = np.arange(len(cold))
        learn = np.flatnonzero(place < 0)
        warm, held = [], []
        for items in users:
            seen, new = [i for i in set(items) if place[i] < 0], [place[i] for i in set(items) if place[i] >= 0]
            if seen and new:
                warm.append(seen)
                held.append(new)
        ones = lambda lists, width: sp.csr_matrix(
            (np.ones(sum(map(len, lists))), np.concatenate(lists), np.cumsum([0, *map(len, lists)])), (len(lists), width))
        history, truth = ones(warm, len(ids)), ones(held, len(cold)).toarray()
        history = sp.diags(1 / np.asarray(history.sum(1)).ravel()) @ history
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
        vectorizer.fit([titles[i] for i in learn])
        words = vectorizer.transform(titles)
        white = whitened(dense, learn, shrinkage)
        scores = {"TF-IDF": ((history @ words) @ words[cold].T).toarray(),
                  "raw": (history @ dense) @ dense[cold].T,
                  "whitened": (history @ white) @ white[cold].T}
        scores["TF-IDF + whitened"] = standardized(scores["TF-IDF"]) + standardized(scores["whitened"])
        for name, values in scores.items():
            figures.setdefault(name, []).append(measure(values, truth, rng))
    print(f"shrinkage {shrinkage}, HR@10 Recall@20 NDCG@20: mean (standard deviation) of five splits; the split of choice(seed 1)")
    for name, splits in figures.items():
        five = np.array(splits[:5])
        print(f"{name:<20}", *(f"{m:.3f} ({d:.3f})" for m, d in zip(five.mean(0), five.std(0, ddof=1))), "  ",
              *(f"{value:.3f}" for value in splits[5]))


if __name__ == "__main__":
    main()
