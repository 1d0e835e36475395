#!/usr/bin/env python3
"""Sentences of MR: text-linear on words, logistic regression on vectors of a pretrained encoder, and the sum of the two.

Usage: movie_reviews.py rt-polarity.all VECTORS.npy [--akin AKIN] [--seed 1]     needs numpy

VECTORS.npy is what `akin encode minilm.enc --lines SENTENCES --to npy` wrote for the sentences without labels, a line
each. Ten folds, shuffled, each with its share of both classes. akin's program is trained on nine folds and asked for the
probabilities of the tenth; the scores that are added are log-odds.
"""
import argparse
import csv
import pathlib
import subprocess
import tempfile

import numpy as np


def text_linear(akin, texts, labels, train, test, folder):
    """Log-odds of the texts `test`."""
    (folder / "train.tsv").write_text("".join(f"{labels[i]}\t{texts[i]}\n" for i in train))
    (folder / "test.txt").write_text("".join(texts[i] + "\n" for i in test))
    for words in (("train", "text-linear", "--data", "train.tsv", "-o", "words.text"),
                  ("predict", "words.text", "--lines", "test.txt", "-o", "words.csv")):
        subprocess.run([akin, "text", *words, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with open(folder / "words.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(test)
    chance = np.array([float(row["p(1)"]) for row in rows])
    return np.log(chance) - np.log1p(-chance)


def logistic(vectors, labels, train, test, penalty=0.1):
    """Log-odds by the minimum of the losses + penalty / 2 |w|^2, with a free constant; Newton's steps."""
    rows = np.hstack([vectors, np.ones((len(vectors), 1))]).astype(float)
    shrink = penalty * np.diag([*np.ones(vectors.shape[1]), 0])
    weights = np.zeros(rows.shape[1])
    for _ in range(12):
        chance = 1 / (1 + np.exp(-rows[train] @ weights))
        slope = rows[train].T @ (chance - labels[train]) + shrink @ weights
        weights -= np.linalg.solve((rows[train].T * (chance * (1 - chance))) @ rows[train] + shrink, slope)
    return rows[test] @ weights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sentences")
    parser.add_argument("vectors")
    parser.add_argument("--akin", default="build/release/akin")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    akin = str(pathlib.Path(args.akin).resolve())
    lines = open(args.sentences, encoding="latin-1", newline="\n").read().strip("\n").split("\n")
    labels = np.array([int(line[0]) for line in lines])
    texts = [line[2:].replace("\x85", " ") for line in lines]
    vectors = np.load(args.vectors)
    draw = np.random.default_rng(args.seed)
    fold = np.empty(len(labels), int)
    for label in (0, 1):
        [places] = np.nonzero(labels == label)
        fold[draw.permutation(places)] = np.arange(len(places)) % 10
    right = {}
    with tempfile.TemporaryDirectory() as name:
        for f in range(10):
            [train], [test] = np.nonzero(fold != f), np.nonzero(fold == f)
            scores = {"text-linear": text_linear(akin, texts, labels, train, test, pathlib.Path(name)),
                      "vectors": logistic(vectors, labels, train, test)}
            scores["sum"] = sum(scores.values())
            for model, values in scores.items():
                right.setdefault(model, []).append(((values > 0) == labels[test]).mean())
    for model, folds in right.items():
        print(f"{model:<12} {100 * np.mean(folds):.1f} +- {100 * np.std(folds, ddof=1) / np.sqrt(len(folds)):.1f}")


if __name__ == "__main__":
    main()
