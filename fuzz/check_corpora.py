#!/usr/bin/env python3
"""Every target has a folder of inputs, every folder a target, and all of them together stay small: check_corpora.py REPLAY"""
import pathlib
import subprocess
import sys

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
MOST_BYTES = 350_000

listed = subprocess.run([sys.argv[1], "--list"], capture_output=True, text=True, check=True).stdout
targets = {line.split()[0] for line in listed.splitlines()}
folders = {folder.name for folder in CORPUS.iterdir()}
size = sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file())
faults = [f"target {name} has no inputs in {CORPUS / name}" for name in sorted(targets - folders)]
faults += [f"{CORPUS / name} is of no target" for name in sorted(folders - targets)]
if size > MOST_BYTES:
    faults.append(f"{CORPUS} has {size} bytes; at most {MOST_BYTES} are allowed")
print("\n".join(faults) or f"{len(targets)} targets, {size} bytes of inputs")
sys.exit(1 if faults else 0)
