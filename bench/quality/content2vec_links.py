#!/usr/bin/env python3
"""The model content2vec on items also bought (amazon-beauty): AUC of the links of items that were held out, by unit.

Usage: content2vec_links.py DATA_FOLDER [AKIN [WORK_FOLDER]]       needs numpy and scikit-learn

A fifth of the items lose all their events and links (--holdout cold-items:0.2), and the model learns from the links of the others. To
each link comes another pair with the same first item and a second one drawn as often as items are second, as in content2vec.py; tested
are the pairs with one of the items held out. Scores are computed from the vectors and the unit in the bundle.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.metrics import roc_auc_score

DATA = pathlib.Path(sys.argv[1]).resolve() / "amazon-beauty"
AKIN = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build/release/akin").resolve()
WORK = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()).resolve()
TYPES = {"F32": np.float32, "U32": np.uint32, "U8": np.uint8, "U64": np.uint64}


def akin(*args):
    subprocess.run([AKIN, *args, "--quiet", "--threads", "1"], cwd=WORK, check=True, stdout=subprocess.DEVNULL)


def read(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8:8 + size]).items():
        if name != "__metadata__" and entry["dtype"] in TYPES:
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(content[8 + size + begin:8 + size + end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    offsets = tensors["items.offsets"].astype(int)
    ids = [bytes(tensors["items.bytes"][a:b]).decode() for a, b in zip(offsets, offsets[1:])]
    return tensors, ids


def logits(tensors, pairs):
    modules = [tensors[name] for name in sorted(name for name in tensors if name.endswith(".vectors"))]
    w = tensors["model.unit.weights"][0]
    n, (a, b) = len(modules), pairs.T
    x = np.stack([np.einsum("ij,ij->i", v[a], v[b]) for v in modules], 1)
    silent = np.stack([(v[a] == 0).all(1) | (v[b] == 0).all(1) for v in modules], 1)
    z = w[2 * n] + np.where(silent, w[n:2 * n], w[:n] * x).sum(1)
    if "model.unit.hidden" not in tensors:
        return z
    if "model.unit.embedding" in tensors:
        e = np.concatenate(modules, 1) @ tensors["model.unit.embedding"]
        x = np.concatenate([x, e[a] * e[b]], 1)
    hidden = np.maximum(0, x @ tensors["model.unit.hidden"] + tensors["model.unit.hidden_bias"])
    return z + (hidden @ tensors["model.unit.residual"] + tensors["model.unit.residual_bias"]) @ w[:n]


def main():
    if not (WORK / "links.data").exists():
        akin("import", "lists", DATA / "user_sequence.txt", "--ordered", "yes", "--items", DATA / "items.tsv", "--links",
             DATA / "also_bought.txt", "-o", "links.data")
    print("| unit | AUC of held-out links |\n|---|---|")
    for unit in ("none", "pairwise", "embedded"):
        if not (WORK / f"{unit}.akin").exists():
            akin("train", "content2vec", "-d", "links.data", "--holdout", "cold-items:0.2", "--seed", "1", "--links", "also_bought", "--unit",
                 unit, "--id-dropout", "1", "--content", "tfidf fields=title; attributes fields=brand; attributes fields=category",
                 *sys.argv[4:], "-o", f"{unit}.akin")
        tensors, ids = read(WORK / f"{unit}.akin")
        places = {item: at for at, item in enumerate(ids)}
        cold = np.ones(len(ids), bool)
        cold[tensors["events.item"]] = False
        lines = [line.split() for line in (DATA / "also_bought.txt").read_text().splitlines()]
        pairs = np.array([(places[a], places[b]) for a, *others in lines for b in others if a in places and b in places])
        known = set(map(tuple, pairs))
        others = np.stack([pairs[:, 0], np.random.default_rng(1).permutation(pairs[:, 1])], 1)
        others = others[[a != b and (a, b) not in known for a, b in others]]
        pairs, others = (both[cold[both].any(1)] for both in (pairs, others))
        truth = np.arange(len(pairs) + len(others)) < len(pairs)
        scores = np.concatenate([logits(tensors, part) for part in np.array_split(np.concatenate([pairs, others]), 50)])
        print(f"| {unit} | {roc_auc_score(truth, scores):.4f} |", flush=True)
    print(f"{len(pairs)} links with one of {cold.sum()} items held out, {len(others)} others")


if __name__ == "__main__":
    main()
