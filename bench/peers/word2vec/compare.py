"""word2vec by akin and by its peers on the same sentences. Used by run.sh.

Usage: compare.py speed AKIN NAME MIN_COUNT THREADS [ROUNDS] [FLAG=VALUE ...]
       compare.py quality AKIN NAME SEEDS
       compare.py formats AKIN NAME

NAME.data is akin's data set of the lines of NAME.txt, the sentences. Peers' programs: $FASTTEXT, $WORD2VEC.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import numpy as np
from gensim.models import KeyedVectors, Word2Vec

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from akin_data import tensors

SIZE, WINDOW, NEGATIVE, SAMPLE = 100, 5, 5, 1e-3


def processor():
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def train_akin(akin, data, out, **flags):
    """Trains prod2vec; the seconds of the fit as akin reports them."""
    words = [part for name, value in flags.items() for part in ("--" + name.replace("_", "-"), value)]
    return json.loads(run(akin, "train", "prod2vec", "-d", data, "-o", out, "--json", "--quiet", *words))["seconds"]


def ids(bundle):
    """The items' ids, in the order of the rows."""
    text, offsets = bundle["items.bytes"].tobytes(), bundle["items.offsets"]
    return [text[begin:end].decode() for begin, end in zip(offsets[:-1], offsets[1:])]


def corpus_words(text, min_count):
    """How many words training sees in one epoch."""
    counts = {}
    for line in open(text):
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
    kept = [count for count in counts.values() if count >= min_count]
    return len(kept), sum(kept)


class Speed:
    """Words per second: a longer run minus a shorter one, the best of several rounds; the programs alternate."""

    def __init__(self, akin, name, min_count, threads, sg=1, hs=0, negative=NEGATIVE):
        self.akin, self.name, self.min_count, self.threads = akin, name, min_count, threads
        self.sg, self.hs, self.negative = sg, hs, negative
        self.vocabulary, self.words = corpus_words(name + ".txt", min_count)

    def wall(self, *command):
        start = time.perf_counter()
        run(*command)
        return time.perf_counter() - start

    def of_akin(self, epochs):
        return train_akin(self.akin, self.name + ".data", "speed.akin", holdout="none", window=WINDOW, epochs=epochs,
                          factors=SIZE, sample=SAMPLE, min_count=self.min_count, threads=self.threads, sg=self.sg,
                          hs=self.hs, negatives=self.negative, score="cosine")

    def of_gensim(self, epochs):
        """Training alone, from a file, which is faster than from lists; its vocabulary is made before."""
        if epochs == 0:
            return 0
        if not hasattr(self, "model"):
            self.model = Word2Vec(vector_size=SIZE, window=WINDOW, sg=self.sg, hs=self.hs, negative=self.negative,
                                  sample=SAMPLE, min_count=self.min_count, workers=self.threads, seed=1)
            self.model.build_vocab(corpus_file=self.name + ".txt")
        start = time.perf_counter()
        self.model.train(corpus_file=self.name + ".txt", epochs=epochs, total_examples=self.model.corpus_count,
                         total_words=self.model.corpus_total_words)
        return time.perf_counter() - start

    def of_fasttext(self, epochs):
        return self.wall(os.environ["FASTTEXT"], "skipgram" if self.sg else "cbow", "-input", self.name + ".txt",
                         "-output", "fasttext", "-dim", SIZE, "-ws", WINDOW, "-neg", self.negative or 5, "-t", SAMPLE,
                         "-minCount", self.min_count, "-epoch", epochs, "-thread", self.threads, "-minn", 0, "-maxn", 0,
                         "-lr", 0.025, "-loss", "hs" if self.hs else "ns")

    def of_word2vec(self, epochs):
        """A run without an output file only counts the words. Only one epoch: a thread that has read to the end
        of the file finds the end again at once in every later epoch."""
        output = ["-output", "word2vec.bin"] if epochs else ["-save-vocab", "word2vec.vocab"]
        return self.wall(os.environ["WORD2VEC"], "-train", self.name + ".txt", *output, "-size", SIZE,
                         "-window", WINDOW, "-negative", self.negative, "-hs", self.hs, "-cbow", 1 - self.sg,
                         "-sample", SAMPLE, "-min-count", self.min_count, "-iter", 1, "-threads", self.threads,
                         "-binary", 1, "-alpha", 0.025)

    def report(self, rounds):
        long = self.words > 5_000_000
        programs = {"akin": (self.of_akin, 0, 5 if long else 8), "gensim": (self.of_gensim, 0, 1 if long else 2),
                    "fastText": (self.of_fasttext, 0, 1), "word2vec.c": (self.of_word2vec, 0, 1)}
        least = {}
        for repeat in range(rounds):
            for name, (program, few, many) in programs.items():
                if repeat > 0 and long and name in ("fastText", "word2vec.c"):
                    continue  # minutes
                for epochs in (few, many):
                    before = processor()
                    seconds = program(epochs)
                    for key, value in (((name, epochs), seconds), ((name, epochs, "processor"), processor() - before)):
                        least[key] = min(value, least.get(key, value))
        print(f"{self.name}: {self.words:,} words of {self.vocabulary:,}, {self.threads} thread(s), sg {self.sg}, "
              f"hs {self.hs}, negative {self.negative}", flush=True)
        rates = {}
        for name, (_, few, many) in programs.items():
            for kind in ((), ("processor",)):
                seconds = least[(name, many) + kind] - least[(name, few) + kind]
                rates[(name,) + kind] = self.words * (many - few) / seconds
            wall, own = rates[(name,)], rates[(name, "processor")]
            print(f"  {name:<10} {wall / 1e3:7,.0f} thousand words/s, {own / 1e3:7,.0f} a processor second; akin's is "
                  f"{rates[('akin',)] / wall:5.1f} x, {rates[('akin', 'processor')] / own:5.1f} x", flush=True)


def next_item(queries, items, seen, targets, cosine):
    """HR@10: of all items the user has not had, those that score best by the last one's vector."""
    if cosine:
        items = items / np.maximum(np.linalg.norm(items, axis=1, keepdims=True), 1e-9)
    hits = 0
    for user, (history, target) in enumerate(zip(seen, targets)):
        scores = items @ queries[user]
        scores[history] = -np.inf
        hits += target >= 0 and (scores > scores[target]).sum() < 10
    return hits / len(targets)


def quality(akin, name, seeds):
    """HR@10 of each user's last event, both trained on the rest with the same parameters."""
    sentences = [line.split() for line in open(name + ".txt")]
    train = [sentence[:-1] for sentence in sentences]

    def report(ids, input, output):
        number = {id: row for row, id in enumerate(ids)}
        seen = [np.array([number[word] for word in sentence]) for sentence in train]
        targets = [number.get(sentence[-1], -1) for sentence in sentences]
        # A query is the mean of the latest ten, each weighing half of the one after it: akin's default.
        weights = [0.5 ** np.arange(len(history[-10:]))[::-1] for history in seen]
        mean = np.stack([w @ input[history[-10:]] / w.sum() for history, w in zip(seen, weights)])
        last = np.stack([input[history[-1]] for history in seen])
        return [next_item(queries, items, seen, targets, cosine) for queries in (mean, last)
                for items, cosine in ((output, False), (input, True))]

    print(f"{name}: HR@10 of each user's last event, all items ranked, {seeds} seeds: mean (sd)")
    print(f"  {'':<18} {'mean q.c':>15} {'mean cosine':>15} {'last q.c':>15} {'last cosine':>15}")
    for window in (5, 3):
        found = {"akin": [], "gensim": []}
        for seed in range(1, seeds + 1):
            train_akin(akin, name + ".data", "quality.akin", holdout="last", window=window, epochs=20, factors=SIZE,
                       sample=SAMPLE, min_count=1, seed=seed, threads=1)
            bundle, _ = tensors("quality.akin")
            found["akin"].append(report(ids(bundle), bundle["model.input"], bundle["model.output"]))
            model = Word2Vec(train, vector_size=SIZE, window=window, sg=1, negative=NEGATIVE, sample=SAMPLE,
                             min_count=1, epochs=20, seed=seed, workers=1)
            found["gensim"].append(report(model.wv.index_to_key, model.wv.vectors, model.syn1neg))
        for program, rows in found.items():
            mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
            print(f"  {program:<8} window {window} " + " ".join(f"{m:7.4f} ({s:.4f})" for m, s in zip(mean, deviation)),
                  flush=True)


def formats(akin, name):
    """akin's files read by gensim, and gensim's taken by akin to begin with."""
    train_akin(akin, name + ".data", "formats.akin", holdout="none", epochs=1)
    bundle, _ = tensors("formats.akin")
    own = dict(zip(ids(bundle), bundle["model.input"]))
    for format, binary in (("word2vec", False), ("word2vec-bin", True)):
        run(akin, "export", "formats.akin", "--to", format, "-o", "formats.vectors", "--quiet")
        vectors = KeyedVectors.load_word2vec_format("formats.vectors", binary=binary)
        exported = {id: row for id, row in zip(vectors.index_to_key, vectors.vectors)}
        assert exported.keys() == own.keys()
        difference = max(np.abs(exported[id] - own[id]).max() for id in own)
        print(f"  akin's {format} in gensim: {len(vectors):,} vectors, greatest difference {difference:.2g}")
        vectors.save_word2vec_format("back.vectors", binary=binary)
        # epochs 0 keeps the vectors one begins with
        train_akin(akin, name + ".data", "back.akin", holdout="none", epochs=0, init_items="back.vectors")
        back, _ = tensors("back.akin")
        difference = max(np.abs(row - exported[id]).max() for id, row in zip(ids(back), back["model.input"]))
        print(f"  gensim's {format} in akin: greatest difference {difference:.2g}", flush=True)


if __name__ == "__main__":
    what, akin, name, *rest = sys.argv[1:]
    if what == "speed":
        numbers = [int(word) for word in rest if "=" not in word]
        flags = {key: int(value) for key, value in (word.split("=") for word in rest if "=" in word)}
        Speed(akin, name, *numbers[:2], **flags).report(numbers[2] if len(numbers) > 2 else 3)
    elif what == "quality":
        quality(akin, name, int(rest[0]))
    else:
        formats(akin, name)
