#!/usr/bin/env python3
"""Every model that several processes can fit, with real messages: the same tensors at 1 to 4 ranks with 1 and 2 threads;
with 1 where threads change the bits of one process too.

Usage: tests/mpi/all_models.py AKIN         (some minutes; scripts/check-long.sh runs it)
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
AKIN = os.path.realpath(sys.argv[1])
os.environ["AKIN"] = AKIN
from test_resume import tensors  # noqa: E402

MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none"]
ENVIRONMENT = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}
EPOCHS = "2"
FLAGS = {"word2vec": ["--sg", "1"], "doc2vec": ["--dm", "0"], "gmf": ["--batch-size", "1024"], "mlp": ["--batch-size", "1024"],
         "neumf": ["--batch-size", "1024", "--pretrain-epochs", "1"]}
FLAGS |= {net: ["--gradient-parts", "4"] for net in ("net", "rating-net", "mult-vae", "mult-dae")}


def run(command, folder):
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main():
    differ = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run([AKIN, "synthetic", "-o", "world", "--users", "3000", "--items", "1500", "--quiet"], folder)
        run([AKIN, "import", "amazon", "world/reviews.json", "--meta", "world/meta.json", "-o", "events.data", "--quiet"], folder)
        for model in json.loads(run([AKIN, "models", "--json"], folder)):
            if not model["distributed"]:
                continue
            flags = FLAGS.get(model["name"], []) + (["--epochs", EPOCHS] if model["iterative"] else [])
            train = [AKIN, "train", model["name"], "-d", "events.data", "--quiet", *flags]
            run([*train, "-o", "one", "--threads", "1"], folder)
            one = tensors(folder / "one")
            for ranks in (1, 2, 3, 4):
                for threads in (1, 2) if model["deterministic"] else (1,):
                    run([*MPIRUN, "-n", str(ranks), *train, "-o", "many", "--threads", str(threads)], folder)
                    if tensors(folder / "many") != one:
                        differ.append(f"{model['name']} at {ranks} ranks with {threads} threads")
            print(f"{model['name']}: compared", flush=True)
    print("\n".join(f"differs: {case}" for case in differ) or "all the same")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
