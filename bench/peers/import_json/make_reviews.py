#!/usr/bin/env python3
"""Writes FILE with about MEGABYTES of reviews in the 2014 layout: make_reviews.py FILE MEGABYTES [SOURCE.json.gz]

SOURCE's reviews are repeated with new users, items, times and a new first word, until the size is reached. Without it the
texts are drawn from a small vocabulary. Deterministic.
"""
import gzip
import json
import random
import sys

WORDS = ("the a this guitar strings sound great good \"works\" well cable pedal for my and it is not price bought "
         "quality stand easy recommend very nice tone tuner don't caf\u00e9").split()


def templates(source, rng):
    if source:
        with gzip.open(source, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    return [{"reviewerID": "", "asin": "", "reviewerName": "", "helpful": [rng.randrange(9), 9],
             "reviewText": " ".join(rng.choices(WORDS, k=min(1000, int(rng.lognormvariate(4.2, 0.9))))),
             "overall": float(rng.randrange(1, 6)), "summary": " ".join(rng.choices(WORDS, k=4)),
             "unixReviewTime": 0, "reviewTime": "02 28, 2014"} for _ in range(10000)]


def main():
    path, size = sys.argv[1], int(sys.argv[2]) * 1_000_000
    rng = random.Random(42)
    reviews = templates(sys.argv[3] if len(sys.argv) > 3 else None, rng)
    written = 0
    with open(path, "w", encoding="utf-8") as out:
        while written < size:
            for review in reviews:
                review["reviewerID"] = "A%013X" % int(rng.paretovariate(0.5) % 200_000)
                review["asin"] = "B%09X" % int(rng.paretovariate(0.5) % 60_000)
                review["unixReviewTime"] = 1_300_000_000 + 86_400 * rng.randrange(1200)
                text = review["reviewText"].split(" ", 1)
                review["reviewText"] = " ".join([rng.choice(WORDS)] + text[1:])
                written += out.write(json.dumps(review) + "\n")


if __name__ == "__main__":
    main()
