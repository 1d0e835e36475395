#!/usr/bin/env python3
"""Ids of akin's byte-level BPE beside those of the package tokenizers, and every Unicode character.

Usage: byte_pairs.py BENCH FOLDER LINES...     BENCH = build/release/bench/word_piece_bench; exits 1 on a difference in LINES

FOLDER holds tokenizer.json of a RoBERTa. If it is empty or not there, a tokenizer of 5,000 tokens is learned from LINES.
"""
import pathlib
import subprocess
import sys
import tempfile

from tokenizers import ByteLevelBPETokenizer, Tokenizer
from tokenizers.processors import RobertaProcessing

MOST = 256


def learn(folder, texts):
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(texts, vocab_size=5000, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False)
    learner.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    folder.mkdir(parents=True, exist_ok=True)
    learner.save(str(folder / "tokenizer.json"))


def main():
    bench, folder, *files = sys.argv[1:]
    folder = pathlib.Path(folder)
    texts = [line for file in files for line in pathlib.Path(file).read_text(errors="replace").split("\n") if line]
    if not (folder / "tokenizer.json").exists():
        learn(folder, texts)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST)
    characters = [f"ab{chr(c)}1{chr(c)}. {chr(c)} " for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000 and chr(c) not in "\n\r"]
    failed = False
    for name, lines in (("lines", texts), ("characters", characters)):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("".join(line + "\n" for line in lines))
            file.flush()
            found = subprocess.run([bench, folder, file.name, str(MOST)], capture_output=True, check=True, text=True)
        expected = [encoding.ids for encoding in tokenizer.encode_batch(lines)]
        different = [text for text, line, ids in zip(lines, found.stdout.splitlines(), expected, strict=True)
                     if list(map(int, line.split())) != ids]
        print(f"{found.stderr.strip()}, {name}: {len(different)} differ", *map(ascii, different[:8]))
        failed = failed or (name == "lines" and different)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
