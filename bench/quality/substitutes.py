#!/usr/bin/env python3
"""Substitutes and complements on amazon-beauty: the table of docs/recommending.md.

Usage: bench/quality/substitutes.py DATA_FOLDER [AKIN [WORK_FOLDER]]     needs numpy

Truth, which no model sees: also_viewed (what people looked at in its place) for substitutes; bought_together without
also_viewed, and also_bought without also_viewed, for complements. Vectors and counts are learned from the sequences of purchases
alone, all of them, with akin's default parameters. Recall@20 of an item = found / min(20, its true items), mean over the items that
have any; intervals of 95 % by 1,000 bootstrap samples of the items.
"""
import collections
import os
import subprocess
import sys
import tempfile

import numpy as np

folder = os.path.join(os.path.abspath(sys.argv[1]), "amazon-beauty")
akin = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else "build/release/akin")
work = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()
os.makedirs(work, exist_ok=True)
os.chdir(work)
TOP = 20


def run(*args):
    subprocess.run([akin, *args, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def links(name):
    found = collections.defaultdict(set)
    with open(os.path.join(folder, name)) as file:
        for line in file:
            item, *others = line.split()
            if item in catalogue:
                found[item] |= {other for other in others if other in catalogue and other != item}
    return found


def lists_of(name):
    lists = collections.defaultdict(list)
    with open(name) as file:
        next(file)
        for line in file:
            item, other = line.rstrip("\n").split("\t")[:2]
            lists[item].append(other)
    return lists


if not os.path.exists("beauty.data"):
    run("import", "lists", os.path.join(folder, "user_sequence.txt"), "--ordered", "yes", "--items",
        os.path.join(folder, "items.tsv"), "-o", "beauty.data")
sequences = [line.split()[1:] for line in open(os.path.join(folder, "user_sequence.txt"))]
catalogue = {item for sequence in sequences for item in sequence}
popularity = collections.Counter(item for sequence in sequences for item in sequence)

# Counting: how often two items are at most three places apart.
together = collections.defaultdict(collections.Counter)
for sequence in sequences:
    for place, item in enumerate(sequence):
        for other in sequence[place + 1:place + 4]:
            if other != item:
                together[item][other] += 1
                together[other][item] += 1


def counted(weight):
    return {item: sorted(others, key=lambda other: (-weight(item, other, others[other]), other))[:TOP]
            for item, others in together.items()}


methods = {
    "count of neighbors": counted(lambda item, other, n: n + 1e-6 * popularity[other]),
    "cosine of counts": counted(lambda item, other, n: n / np.sqrt(popularity[item] * popularity[other])),
}
for model in ["prod2vec", "meta-prod2vec"]:
    if not os.path.exists(model + ".akin"):
        run("train", model, "-d", "beauty.data", "--holdout", "none", "-o", model + ".akin")
    for kind in ["substitute", "complement"]:
        for types in ["", "category"]:
            name = f"{model}-{kind}-{types}.tsv"
            if not os.path.exists(name):
                run("similar", model + ".akin", "--all-items", "--kind", kind, *(["--types", types] if types else []), "-k",
                    str(TOP), "-o", name)
            methods[f"{model}, {kind}" + (", by category" if types else "")] = lists_of(name)

viewed, together_bought, bought = (links(name) for name in ["also_viewed.txt", "bought_together.txt", "also_bought.txt"])
truths = {
    "also viewed": viewed,
    "bought together": {item: others - viewed[item] for item, others in together_bought.items()},
    "also bought": {item: others - viewed[item] for item, others in bought.items()},
}
rng = np.random.default_rng(1)
print("| list | " + " | ".join(truths) + " |\n|---|" + "---|" * len(truths))
for name, lists in methods.items():
    cells = []
    for truth in truths.values():
        recalls = np.array([len(others & set(lists.get(item, [])[:TOP])) / min(TOP, len(others))
                            for item, others in sorted(truth.items()) if others])
        samples = [recalls[rng.integers(0, len(recalls), len(recalls))].mean() for _ in range(1000)]
        cells.append(f"{recalls.mean():.3f} ({np.quantile(samples, .025):.3f}-{np.quantile(samples, .975):.3f})")
    print(f"| {name} | " + " | ".join(cells) + " |")
print("items with truth:", {name: sum(bool(others) for others in truth.values()) for name, truth in truths.items()})
