#!/usr/bin/env python3
"""content2vec (Nedelec et al. 2016) on items also bought: are two products bought together? By the cosines of the vectors of each source,
their logistic regression (the ensemble), boosted trees, and nets with the paper's pairwise residual units.

Usage: content2vec.py also_bought.txt AKIN WORK_FOLDER NAME=VECTORS.npy...      needs numpy and scikit-learn

Lines of also_bought.txt: an item and those bought with it. VECTORS.npy is what `akin encode` or `akin export --to npy` wrote; those called
`sequence` were learned from events and are left out where items are held out. To each pair comes one of the same item with another, drawn as
often as items are bought with others. `pairs`: a fifth of the pairs is held out, `items`: all pairs with one of a fifth of the items. AUC of
the held-out pairs, of one seed for each, the last tenth of the others decides how long a net is trained.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

LINKS, AKIN, WORK = (pathlib.Path(arg).resolve() for arg in sys.argv[1:4])
SOURCES = dict(source.split("=", 1) for source in sys.argv[4:])


def akin(*args):
    done = subprocess.run([AKIN, *args], cwd=WORK, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"akin {' '.join(args)}\n{done.stderr}")
    return done.stdout


def read_vectors(file):
    vectors = np.load(file).astype(np.float32)
    return json.loads(pathlib.Path(file + ".ids.json").read_text()), vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def read_pairs(places, seed):
    """Pairs of places of items, and whether they are bought together."""
    draw = np.random.default_rng(seed)
    lines = [line.split() for line in LINKS.read_text().splitlines()]
    pairs = np.array([(places[a], places[b]) for a, *others in lines for b in others if a in places and b in places])
    known = set(map(tuple, pairs))
    others = np.stack([pairs[:, 0], draw.permutation(pairs[:, 1])], 1)
    others = others[[a != b and (a, b) not in known for a, b in others]]
    both, truth = np.concatenate([pairs, others]), np.arange(len(pairs) + len(others)) < len(pairs)
    order = draw.permutation(len(both))
    return both[order], truth[order], draw


LAYER = '[[layers]]\nkind = "{}"\n'


def layer(kind, **fields):
    text = LAYER.format(kind)
    for key, value in fields.items():
        text += f"{key} = {json.dumps(value)}\n"
    return text


def net(widths, unit):
    """unit: none (the ensemble), pair or embedded."""
    text = layer("input", name="user", shape=[1]) + layer("input", name="item", shape=[1])
    for name, width in widths.items():
        for side, table in (("user", "a"), ("item", "b")):
            text += layer("embedding", name=f"{name}_{table}_table", input=side, rows=f"{side}s+1", units=width)
            text += layer("flatten", name=f"{name}_{table}")
        text += layer("dot", name=f"{name}_cosine", inputs=[f"{name}_a", f"{name}_b"])
    text += layer("concatenate", name="cosines", inputs=[f"{name}_cosine" for name in widths])
    if unit != "none":
        known = ["cosines"]
        if unit == "embedded":
            for table in "ab":
                text += layer("concatenate", name=f"all_{table}", inputs=[f"{name}_{table}" for name in widths])
            text += layer("dense", name="embedded_a", input="all_a", units=128)
            text += layer("dense", name="embedded_b", input="all_b", units=128, weights_of="embedded_a")
            text += layer("multiply", name="embedded", inputs=["embedded_a", "embedded_b"])
            known = ["cosines", "embedded"]
        if len(known) > 1:
            text += layer("concatenate", name="known", inputs=known)
            known = ["known"]
        text += layer("dense", name="hidden", input=known[0], units=64, activation="relu")
        text += layer("dense", name="residual", units=len(widths))
        text += layer("add", name="pair", inputs=["cosines", "residual"])
    text += layer("dense", name="chance", units=1, activation="sigmoid")
    return text + '''
[train]
optimizer = "adam"
loss = "binary_crossentropy"
epochs = 40
batch_size = 512
validation_split = 0.1
patience = 3

[data]
kind = "ratings"
inputs.user = "users"
inputs.item = "items"
'''


def main():
    read = {name: read_vectors(file) for name, file in SOURCES.items()}
    ids = sorted(set.intersection(*(set(names) for names, _ in read.values())))
    places = {item: at for at, item in enumerate(ids)}
    vectors = {}
    for name, (names, rows) in read.items():
        where = {item: at for at, item in enumerate(names)}
        vectors[name] = rows[[where[item] for item in ids]]
        np.save(WORK / f"unit-{name}.npy", vectors[name])
        (WORK / f"unit-{name}.npy.ids.json").write_text(json.dumps(ids))
    pairs, truth, draw = read_pairs(places, 1)
    print(f"{len(ids)} items, {truth.sum()} pairs bought together, {len(pairs) - truth.sum()} others")
    cosines = {name: np.concatenate([np.einsum("ij,ij->i", rows[p[:, 0]], rows[p[:, 1]]) for p in np.array_split(pairs, 100)])
               for name, rows in vectors.items()}
    for held_out, test in (("pairs", draw.random(len(pairs)) < 0.2), ("items", (draw.random(len(ids)) < 0.2)[pairs].any(1))):
        used = {name: rows.shape[1] for name, rows in vectors.items() if held_out == "pairs" or name != "sequence"}
        print(f"\n| {held_out} held out | AUC |\n|---|---|")
        row = lambda name, scores: print(f"| {name} | {roc_auc_score(truth[test], scores):.4f} |", flush=True)
        for name in used:
            row(name, cosines[name][test])
        features = np.stack([cosines[name] for name in used], 1)
        fitted = LogisticRegression(C=1e4, max_iter=1000).fit(features[~test], truth[~test])
        row("ensemble: logistic regression", fitted.decision_function(features[test]))
        trees = HistGradientBoostingClassifier(max_iter=300, random_state=0).fit(features[~test], truth[~test])
        row("boosted trees", trees.predict_proba(features[test])[:, 1])
        with open(WORK / "pairs.csv", "w") as out:
            out.write("a,b,together,part\n")
            out.writelines(f"{ids[a]},{ids[b]},{int(yes)},{2 if late else 0}\n" for (a, b), yes, late in zip(pairs, truth, test))
        akin("import", "csv", "pairs.csv", "--user", "a", "--item", "b", "--value", "together", "--part", "part", "--keep-nonpositive", "-o",
             "pairs.data")
        for unit, title in (("none", "the ensemble as a net"), ("pair", "pairwise residual unit"), ("embedded", "embedded pairwise residual unit")):
            (WORK / "pair.toml").write_text(net(used, unit))
            frozen = [flag for name in used for table in "ab" for flag in ("--embedding", f"{name}_{table}_table:pretrained=unit-{name}.npy,freeze")]
            akin("net", "train", "pair.toml", "-d", "pairs.data", *frozen, "-o", f"{held_out}-{unit}.net")
            scores = json.loads(akin("net", "evaluate", f"{held_out}-{unit}.net", "-d", "pairs.data", "--json"))["scores"]
            print(f"| {title} | {scores['AUC']:.4f} | (log loss {scores['loss']:.4f}, calibration {scores['calibration']:.3f}) |", flush=True)


if __name__ == "__main__":
    main()
