#!/usr/bin/env python3
"""Vectors and speed of akin's pretrained encoders beside sentence-transformers, on the same texts, in one run.

Usage: encoder.py MODEL_FOLDER LINES [--akin AKIN] [--threads 2] [--rounds 3] [--most 2000]

Needs sentence-transformers. LINES holds a text a line. The programs take turns; of each the fastest round counts.
akin's time is that of the whole command with reading the file; sentence-transformers' is that of encode() alone,
after a first call. On a machine that others use too, compare the processor time with one thread.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import tempfile
import time


def run(akin, *words):
    subprocess.run([akin, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def processor_time():
    """Of this process and those that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("lines")
    parser.add_argument("--akin", default="build/release/akin")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=2000)
    args = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(args.threads)

    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(args.threads)
    texts = [line for line in pathlib.Path(args.lines).read_text().splitlines() if line.strip()][:args.most]
    peer = SentenceTransformer(args.model, device="cpu")
    peer.encode(texts[:64])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "lines.txt").write_text("\n".join(texts) + "\n")
        run(args.akin, "encoder", "import", args.model, "-o", folder / "model.enc")
        items = folder / "items.csv"
        items.write_text("item,title\n" + "".join(f'{i},"{t.replace(chr(34), chr(34) * 2)}"\n' for i, t in enumerate(texts)))
        (folder / "events.csv").write_text("user,item\nu,0\nu,1\n")
        run(args.akin, "import", "csv", folder / "events.csv", "--items", items, "-o", folder / "d.data",
            "--types", "title=text")
        times, vectors = {}, {}
        for _ in range(args.rounds):
            for precision in ("float32", "bf16"):
                out = folder / f"{precision}.npy"
                begin, busy = time.time(), processor_time()
                run(args.akin, "encode", folder / "model.enc", "-d", folder / "d.data", "--precision", precision,
                    "--threads", args.threads, "--to", "npy", "-o", out)
                times.setdefault("akin " + precision, []).append((time.time() - begin, processor_time() - busy))
                vectors[precision] = np.load(out)
            begin, busy = time.time(), processor_time()
            expected = peer.encode(texts, batch_size=32)
            times.setdefault("sentence-transformers", []).append((time.time() - begin, processor_time() - busy))
    best = {name: [min(round[i] for round in rounds) for i in (0, 1)] for name, rounds in times.items()}
    base = best["sentence-transformers"]
    for name, (wall, busy) in best.items():
        print(f"{name:<22} {wall:7.2f} s ({base[0] / wall:.2f} times), processors {busy:7.2f} s ({base[1] / busy:.2f} times)")
    for name, found in vectors.items():
        cosines = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
        print(f"akin {name}: largest difference {abs(found - expected).max():.1e}, least cosine {cosines.min():.6f}")


if __name__ == "__main__":
    main()
