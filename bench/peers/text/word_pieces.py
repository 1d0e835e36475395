#!/usr/bin/env python3
"""Ids of akin's WordPiece beside those of the package tokenizers, cased and uncased, and every Unicode character.

Usage: word_pieces.py BENCH VOCABULARY LINES...     BENCH = build/release/bench/word_piece_bench; exits 1 on a difference in LINES
"""
import pathlib
import subprocess
import sys
import tempfile

from tokenizers import BertWordPieceTokenizer

MOST = 256


def differences(bench, vocabulary, texts, cased):
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=not cased)
    tokenizer.enable_truncation(MOST)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        found = subprocess.run([bench, vocabulary, file.name, str(MOST), *(["cased"] if cased else [])],
                               capture_output=True, check=True, text=True)
    print(found.stderr.strip(), end=", ")
    expected = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    return [text for text, line, ids in zip(texts, found.stdout.splitlines(), expected, strict=True)
            if list(map(int, line.split())) != ids]


def main():
    bench, vocabulary, *files = sys.argv[1:]
    texts = [line for file in files for line in pathlib.Path(file).read_text(errors="replace").split("\n") if line]
    characters = [f"ab{chr(c)}ab" for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000 and chr(c) not in "\n\r"]
    failed = False
    for cased in (False, True):
        for name, lines in (("lines", texts), ("characters", characters)):
            different = differences(bench, vocabulary, lines, cased)
            print(f"{'cased' if cased else 'uncased'} {name}: {len(different)} differ", *map(ascii, different[:8]))
            failed = failed or (name == "lines" and different)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
