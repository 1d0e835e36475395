#!/usr/bin/env python3
"""Sentences of MR: NB-SVM on words, logistic regression on vectors of a pretrained encoder, and the sum of the two.

Usage: movie_reviews.py rt-polarity.all VECTORS.npy     needs numpy and scikit-learn

VECTORS.npy is what `akin encode minilm.enc --lines SENTENCES --to npy` wrote for the sentences without labels, a line
each. Ten folds, shuffled; the scores are standardized on the training folds before they are added.
"""
import sys

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC


def nb_svm(counts, labels, train):
    """Wang & Manning 2012: binary counts times log-count ratios."""
    positive = 1 + counts[train][labels[train] == 1].sum(0).A1
    negative = 1 + counts[train][labels[train] == 0].sum(0).A1
    ratios = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    rows = counts.multiply(ratios).tocsr()
    return LinearSVC(C=0.1).fit(rows[train], labels[train]).decision_function(rows)


def main():
    lines = open(sys.argv[1], encoding="latin-1").read().strip("\n").split("\n")
    labels = np.array([int(line[0]) for line in lines])
    texts = [line[2:] for line in lines]
    vectors = np.load(sys.argv[2])
    counts = CountVectorizer(ngram_range=(1, 2), binary=True, tokenizer=str.split, token_pattern=None).fit_transform(texts).astype(float)
    right = {}
    for train, test in StratifiedKFold(10, shuffle=True, random_state=1).split(texts, labels):
        scores = {"NB-SVM": nb_svm(counts, labels, train),
                  "vectors": LogisticRegression(C=10, max_iter=1000).fit(vectors[train], labels[train]).decision_function(vectors)}
        scores = {name: (s - s[train].mean()) / s[train].std() for name, s in scores.items()}
        # In training, NB-SVM knows its sentences by heart; its weight is that of equal spread on new ones.
        scores["sum"] = sum(s / s[test].std() for s in scores.values())
        for name, s in scores.items():
            right.setdefault(name, []).append(((s[test] > 0) == labels[test]).mean())
    for name, folds in right.items():
        print(f"{name:<8} {100 * np.mean(folds):.1f} +- {100 * np.std(folds) / np.sqrt(len(folds)):.1f}")


if __name__ == "__main__":
    main()
