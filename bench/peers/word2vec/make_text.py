"""Writes a synthetic text of WORDS words. Each line has a document's number and its words. Usage: make_text.py WORDS OUT

Zipf-Mandelbrot: word r of 70,000 has probability in proportion to 1 / (r + 2.7)^1.05. Documents have 40 to 400 words
and two topics of 200. In each run of 200 ranks every topic owns one word, and 6 of 10 words beyond the 200 most
frequent are exchanged for the one of like frequency that a topic of the document owns. The same bytes every time.
"""

import sys

import numpy as np

VOCABULARY, TOPICS = 70_000, 200


def main(words, out):
    rng = np.random.default_rng(7)
    share = 1 / (np.arange(VOCABULARY) + 3.7) ** 1.05
    cumulated = np.cumsum(share / share.sum())
    owner = np.stack([rng.permutation(TOPICS) for _ in range(VOCABULARY // TOPICS)])  # [run of ranks, topic]
    names = np.array([f"w{r}" for r in range(VOCABULARY)])
    with open(out, "w") as file:
        document = 0
        while words > 0:
            lengths = rng.integers(40, 401, 1000)
            topics = rng.integers(0, TOPICS, (1000, 2))
            rank = np.minimum(np.searchsorted(cumulated, rng.random(lengths.sum())), VOCABULARY - 1)
            chosen = np.repeat(topics, lengths, axis=0)[np.arange(len(rank)), rng.integers(0, 2, len(rank))]
            topical = (rank >= TOPICS) & (rng.random(len(rank)) < 0.6)
            run = rank // TOPICS
            rank[topical] = (run * TOPICS + owner[run, chosen])[topical]
            for tokens in np.split(names[rank], np.cumsum(lengths)[:-1]):
                if words <= 0:
                    break
                tokens = tokens[:words]
                words -= len(tokens)
                file.write(f"{document} {' '.join(tokens)}\n")
                document += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
