"""Are akin's word2vec neighbors those of gensim? Usage: word2vec_parity.py DATA_FOLDER AKIN [SEEDS [EPOCHS [RUN ...]]]

Overlap of the 10 nearest neighbors by cosine: of akin and gensim, against that of two runs of gensim with different
seeds, which is the most that can be expected. "skip-gram" is akin with in_order and shared_negatives=1, the arithmetic
of word2vec. "shared" is in_order with negatives shared by 4 pairs. "blocks" is akin's default; compare it with gensim on
texts in another order in each epoch ("shuffled"). The data are the texts of Musical Instruments (lower-case words; only
words with 20 occurrences are compared) and the sequences of MovieLens 1M (movies with 20 events). Vectors of 100
dimensions, window 5, EPOCHS epochs, sample 1e-3. Each of SEEDS runs of one program is paired with each run of the other,
or with each other run of the same program. Defaults: SEEDS 3, EPOCHS 20. RUN: skip-gram, shared, blocks, CBOW,
skip-gram-hs, CBOW-hs; by default all of them. Needs NumPy and gensim.
"""

import collections
import gzip
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import numpy as np
from gensim.models import Word2Vec

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from akin_data import tensors

K, COMPARED = 10, 20
NEGATIVE = dict(sg=1, hs=0, negative=5)
RUNS = {"skip-gram": NEGATIVE, "shared": NEGATIVE, "blocks": NEGATIVE, "CBOW": dict(sg=0, hs=0, negative=5),
        "skip-gram-hs": dict(sg=1, hs=1, negative=0), "CBOW-hs": dict(sg=0, hs=1, negative=0)}
SKIP_GRAM = {"skip-gram": ["--in-order", "--shared-negatives", 1], "shared": ["--in-order", "--shared-negatives", 4]}


def reviews(folder):
    file = folder / "amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz"
    texts = (json.loads(line)["reviewText"].lower() for line in gzip.open(file, "rt"))
    return [words for text in texts if (words := re.findall(r"[a-z0-9']+", text))]


def movies(folder):
    return [line.split()[1:] for line in open(folder / "movielens-1m/sequences.txt")]


class Shuffled:
    """Sentences, in another order each time."""

    def __init__(self, sentences, seed):
        self.sentences, self.random = list(sentences), random.Random(seed)

    def __iter__(self):
        self.random.shuffle(self.sentences)
        return iter(self.sentences)


def by_akin(akin, work, min_count, seed, epochs, run):
    command = [akin, "train", "prod2vec", "-d", work / "text.data", "-o", work / "p.akin", "--holdout", "none",
               "--factors", 100, "--window", 5, "--epochs", epochs, "--sample", 1e-3, "--min-count", min_count,
               "--seed", seed, *SKIP_GRAM.get(run, []), "--score", "cosine", "--quiet"]
    for name, value in RUNS[run].items():
        command += ["--" + name.replace("negative", "negatives"), value]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    bundle, _ = tensors(work / "p.akin")
    text, offsets = bundle["items.bytes"].tobytes(), bundle["items.offsets"]
    rows = {text[begin:end].decode(): row for row, (begin, end) in enumerate(zip(offsets[:-1], offsets[1:]))}
    return np.array(bundle["model.input"]), rows


def by_gensim(sentences, min_count, seed, epochs, run):
    model = Word2Vec(sentences, vector_size=100, window=5, epochs=epochs, sample=1e-3, min_count=min_count, seed=seed,
                     workers=1, **RUNS[run])
    return model.wv.vectors, model.wv.key_to_index


def neighbors(vectors, rows, words):
    chosen = vectors[[rows[word] for word in words]]
    chosen /= np.linalg.norm(chosen, axis=1, keepdims=True)
    products = chosen @ chosen.T
    np.fill_diagonal(products, -np.inf)
    return np.argpartition(-products, K, axis=1)[:, :K]


def overlap(one, other):
    return np.mean([len(np.intersect1d(a, b)) for a, b in zip(one, other)]) / K


def main(folder, akin, seeds=3, epochs=20, *runs):
    for name, read, min_count in (("Musical Instruments", reviews, 5), ("MovieLens 1M", movies, 1)):
        sentences = read(pathlib.Path(folder))
        counts = collections.Counter(word for sentence in sentences for word in sentence)
        words = sorted(word for word, count in counts.items() if count >= COMPARED)
        print(f"{name}: {sum(counts.values()):,} words, {len(words):,} compared; mean overlap (sd over pairs)")
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            (work / "text.txt").write_text("".join(" ".join(sentence) + "\n" for sentence in sentences))
            subprocess.run([akin, "import", "lists", work / "text.txt", "--user", "line", "--ordered", "yes", "-o",
                            work / "text.data", "--quiet"], check=True, stdout=subprocess.DEVNULL)
            for run in runs or RUNS:
                own = [neighbors(*by_akin(akin, work, min_count, seed, epochs, run), words)
                       for seed in range(1, seeds + 1)]
                theirs = [neighbors(*by_gensim(sentences, min_count, seed, epochs, run), words)
                          for seed in range(1, seeds + 1)]
                compared = [("akin, gensim", itertools.product(own, theirs)),
                            ("gensim, gensim", itertools.combinations(theirs, 2)),
                            ("akin, akin", itertools.combinations(own, 2))]
                if run == "blocks":
                    shuffled = [neighbors(*by_gensim(Shuffled(sentences, seed), min_count, seed, epochs, run), words)
                                for seed in range(1, seeds + 1)]
                    compared += [("shuffled, gensim", itertools.product(shuffled, theirs)),
                                 ("shuffled, shuffled", itertools.combinations(shuffled, 2)),
                                 ("akin, shuffled", itertools.product(own, shuffled))]
                report = []
                for title, pairs in compared:
                    found = [overlap(*pair) for pair in pairs]
                    deviation = np.std(found, ddof=1) if len(found) > 1 else float("nan")
                    report.append(f"{title} {np.mean(found):.4f} ({deviation:.4f}, {len(found)} pairs)")
                print(f"  {run:<14} " + "   ".join(report), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]), *sys.argv[5:])
