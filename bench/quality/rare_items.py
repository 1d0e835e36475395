"""HR@10 of users' last items by how often the item occurs in training: is a model any good for rare items?

Usage: rare_items.py DATA_FOLDER AKIN [--validation] [--most N,N ...] [MODEL ...]
Amazon Beauty; all 12,101 items ranked, those of the user left out. A MODEL may have flags: "sasrec --layers 1 --epochs 50".
--most 0,5,20 makes the groups of 0, 1-5, 6-20 and more events. --validation leaves the last items out altogether, and asks for
those before them: to choose parameters.
"""

import collections
import pathlib
import shlex
import subprocess
import sys
import tempfile


def main(folder, akin, *models):
    most = "2,5,10,50"
    leave_out = models[:1] == ("--validation",)
    if leave_out:
        models = models[1:]
    if models and models[0] == "--most":
        most, models = models[1], models[2:]
    ends = [-1, *map(int, most.split(",")), 10**9]
    bins = [(low + 1, high) for low, high in zip(ends, ends[1:])]
    folder = pathlib.Path(folder) / "amazon-beauty"
    sequences = {user: items for user, *items in (line.split() for line in open(folder / "user_sequence.txt"))}
    if leave_out:
        sequences = {user: items[:-1] for user, items in sequences.items()}
    counts = collections.Counter(item for items in sequences.values() for item in items[:-1])
    where = {user: next(b for b, (low, high) in enumerate(bins) if low <= counts[items[-1]] <= high)
             for user, items in sequences.items()}
    users = collections.Counter(where.values())
    titles = [str(low) if low == high else f"{low}-{high}" if high < 10**9 else f"{low}-" for low, high in bins]
    print("training events of the item   ", "".join(f"{title:>14}" for title in titles))
    print("users                         ", "".join(f"{users[b]:>14,}" for b in range(len(bins))))
    with tempfile.TemporaryDirectory() as work:
        def run(*command):
            subprocess.run([akin, *map(str, command), "--quiet"], check=True, stdout=subprocess.DEVNULL, cwd=work)
        with open(pathlib.Path(work) / "training.txt", "w") as lists:  # recommend never shows what was held out
            lists.writelines(" ".join([user, *items[:-1]]) + "\n" for user, items in sequences.items())
        run("import", "lists", "training.txt", "--ordered", "yes", "--items", folder.resolve() / "items.tsv", "-o", "data")
        for model in models or ("popularity", "item-knn", "prod2vec", "meta-prod2vec"):
            run("train", *shlex.split(model), "-d", "data", "-o", "model", "--holdout", "none", "--seed", 1)
            run("recommend", "model", "--all-users", "-o", "lists.tsv")
            hits = collections.Counter()
            with open(pathlib.Path(work) / "lists.tsv") as lists:
                for line in lists:
                    user, item, *_ = line.rstrip("\n").split("\t")
                    if user in sequences and sequences[user][-1] == item:
                        hits[where[user]] += 1
            print(f"{shlex.split(model)[0]:<30}", "".join(f"{hits[b] / users[b]:>14.4f}" for b in range(len(bins))),
                  f"   all {sum(hits.values()) / len(sequences):.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), *sys.argv[3:])
