"""How long akin takes to start: commands without a net, and one that loads libtorch. Usage: start_time.py AKIN [RUNS]

Wall time in milliseconds, least and median of RUNS (21). Training XOR for an epoch is nearly all loading.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

NETS = pathlib.Path(__file__).resolve().parent.parent / "examples" / "nets"


def main(akin, runs=21):
    with tempfile.TemporaryDirectory() as work:
        train = ["net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "--epochs", 1, "-o", f"{work}/xor.net"]
        describe = ["net", "describe", NETS / "xor.toml"]
        for command in (["--help"], ["models"], ["train", "als", "--help"], describe, train):
            times = []
            for _ in range(runs):
                began = time.perf_counter()
                subprocess.run([akin, *map(str, command)], check=True, capture_output=True)
                times.append(1000 * (time.perf_counter() - began))
            words = " ".join(str(word) for word in command[:3]).replace(str(NETS) + "/", "")
            print(f"akin {words:<26} {min(times):8.1f} {statistics.median(times):8.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
