#!/usr/bin/env python3
"""Fusion of texts and pictures on synthetic data, whose truth is known: the table of docs/fusion.md. Some minutes on one processor.

Usage: synthetic_fusion.py [AKIN [WORK_FOLDER]]       needs numpy

2,000 users, 1,000 items, 40,000 reviews (`akin synthetic`, seed 1). A fifth of the items lose all their events, each user is asked with the
other items, and the items without events are ranked (--holdout cold-items:0.2 --seed 1). A net of pictures of ours (image-cnn) learns the
brands of all items from their pictures, and its last layer is a source. The truth ranks by the probability that the user picks the item
after one of the items of the history, the mean over these (docs/synthetic.md): with the popularity of items, which no content tells, and
without it.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

AKIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/akin").resolve()
WORK = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()).resolve()
WORK.mkdir(exist_ok=True)
SPLIT = ["--holdout", "cold-items:0.2", "--seed", "1"]
RANKED = ["--candidates", "cold", "--ties", "random", "--cutoffs", "10", "--accuracy-only"]
LOOK = "image file=look.image"
CONTENT = "tfidf fields=title; attributes fields=brand; attributes fields=category"
TYPES = {"F32": np.float32, "U32": np.uint32, "U8": np.uint8, "U64": np.uint64}


def akin(*args):
    return subprocess.run([AKIN, *args, "--quiet", "--threads", "1"], cwd=WORK, check=True, text=True, stdout=subprocess.PIPE).stdout


def read(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    return {name: np.frombuffer(content[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]],
                                TYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__" and entry["dtype"] in TYPES}


def ids(tensors, name):
    offsets = tensors[name + ".offsets"].astype(int)
    return [bytes(tensors[name + ".bytes"][a:b]).decode() for a, b in zip(offsets, offsets[1:])]


def truth_scores(truth, with_popularity):
    """Of a user and a history to scores of all items, which have events: by what the user likes (docs/synthetic.md), and by what the
    history tells of it if styles and categories of items are known: the mean style of its items and the categories' shares."""
    style, taste, category = truth["item_style"], truth["user_taste"], truth["category"]
    beta, rho = truth["pick_taste_sequence"].ravel()[:2]
    weight = truth["popularity"] if with_popularity else np.ones(len(style))
    shares = np.array([.4, .2, .12, .08])

    def within(vector):
        mass = weight * np.exp(beta * style @ vector)
        return mass / np.bincount(category, mass, len(truth["complement"]))[category]

    def pick(likes, share, last):
        towards = likes + style[last]
        completes = category == truth["complement"][category[last]]
        return rho * completes * within(towards / np.linalg.norm(towards)) + (1 - rho) * share[category] * within(likes)

    def of_user(user, history):
        share = .2 * truth["background"]
        np.add.at(share, truth["favourites"][user], shares)
        return np.mean([pick(taste[user], share, last) for last in history], 0)

    def of_history(_, history):
        likes = style[history].sum(0)
        share = np.bincount(category[history], minlength=len(truth["complement"])) + 3 / len(truth["complement"])
        return np.mean([pick(likes / np.linalg.norm(likes), share / share.sum(), last) for last in history], 0)

    return of_user, of_history


def measure(score, bundle, users, items):
    """HR, Recall and NDCG at 10 of the items without training events."""
    cold = np.ones(len(items), bool)
    cold[bundle["events.item"]] = False
    places = np.flatnonzero(cold)
    gains = 1 / np.log2(np.arange(2, 12))
    rows = []
    for user in np.unique(bundle["test.user"]):
        wanted = set(bundle["test.item"][bundle["test.user"] == user])
        history = bundle["events.item"][bundle["events.user"] == user]
        if len(history) == 0:
            continue
        scores = score(users[user], items[history])[items[places]]
        hits = np.array([item in wanted for item in places[np.argsort(-scores)[:10]]])
        rows.append((hits.any(), hits.sum() / len(wanted), hits @ gains / gains[:min(10, len(wanted))].sum()))
    return np.mean(rows, 0)


def print_row(name, values, best=None):
    print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + (f" | {values[1] / best[1]:.2f} |" if best is not None else " | 1 |"),
          flush=True)


def main():
    if not (WORK / "syn.data").exists():
        akin("synthetic", "-o", "syn", "--users", "2000", "--items", "1000", "--events", "40000", "--cold-items", "0", "--image-size", "48",
             "--session-share", "0", "--seed", "1")
        akin("import", "amazon", "syn/reviews.json", "--meta", "syn/meta.json", "--images", "syn/images", "-o", "syn.data")
    if not (WORK / "look.image").exists():
        print(akin("image", "train", "image-cnn", "-d", "syn.data", "--target", "brand", "--size", "32", "--width", "8", "--epochs", "12",
                   "--no-flip", "-o", "look.image"))
    sources = ["title: tfidf fields=title", "description: tfidf fields=description", "brand: attributes fields=brand",
               "category: attributes fields=category", "picture: image features=histogram", "look: " + LOOK, "map"]
    print(akin("fuse", "-d", "syn.data", *SPLIT, *RANKED, "--ablation", "single,leave-one-out", "--dimensions", "64", "-o", "fused.akin",
               "--html", "fused.html", *(word for source in sources for word in ("--source", source))))
    bundle, truth = read(WORK / "fused.akin"), read(WORK / "syn/truth.safetensors")
    users = np.array([int(name[1:]) - 1 for name in ids(bundle, "users")])
    items = np.array([int(name[1:]) - 1 for name in ids(bundle, "items")])
    print("| ranking | HR@10 | Recall@10 | NDCG@10 | share of the truth's Recall |\n|---|---|---|---|---|")
    best = None
    for with_popularity in (False, True):
        for name, score in zip(("truth", "styles and categories, taste by the history"), truth_scores(truth, with_popularity)):
            values = measure(score, bundle, users, items)
            best = values if best is None else best
            print_row(name + (", and popularity" if with_popularity else ""), values, best)
    fits = [("content-similarity", ["content-similarity"], CONTENT), ("content-similarity, pictures too", ["content-similarity"], CONTENT + "; " + LOOK)]
    fits += [(f"content2vec {unit}{name}", ["content2vec", "--unit", unit], content)
             for unit in ("none", "pairwise", "embedded") for name, content in ((", no pictures", CONTENT), ("", CONTENT + "; " + LOOK))]
    for name, model, content in fits:
        akin("train", *model, "-d", "syn.data", *SPLIT, "--content", content, "--learning-rate", "0.003", "-o", "model.akin")
        metrics = json.loads(akin("evaluate", "model.akin", *RANKED, "--json"))["evaluation"]["metrics"]
        print_row(name, [metrics[metric]["value"] for metric in ("HR@10", "Recall@10", "NDCG@10")], best)


if __name__ == "__main__":
    main()
