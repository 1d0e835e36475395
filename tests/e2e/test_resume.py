"""Training that is stopped early, killed, interrupted and resumed."""
import json
import signal
import struct
import subprocess
import time
import unittest

from harness import AKIN, AkinTest


def tensors(path):
    """All tensors of a safetensors file, and its metadata without the times and digests."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    for changing in ("fit_seconds", "akin.checksum"):
        metadata.pop(changing, None)
    data = content[8 + length:]
    return metadata, {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}


class ResumeTest(AkinTest):
    MODELS = {"bpr": "--epochs", "mf-sgd": "--epochs", "als": "--epochs", "prod2vec": "--epochs"}
    KEEP = ["--checkpoint", "c", "--checkpoint-seconds", "0", "--resume"]

    def train(self, model, epochs, *flags, out="m", **kwargs):
        return self.run_akin("train", model, "-d", "events.data", "-o", out, self.MODELS[model], epochs, "--quiet", *flags,
                             **kwargs)

    def start(self, model, epochs, *flags):
        process = subprocess.Popen([AKIN, "train", model, "-d", "events.data", "-o", "m", self.MODELS[model], str(epochs),
                                    "--quiet", *flags], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, name, process):
        end = time.monotonic() + 60
        while not (self.dir / name).exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)

    def test_killed_at_any_moment_and_resumed(self):
        self.make_data()
        for model in self.MODELS:
            for watch in ([], ["--metric", "NDCG@5"]):
                with self.subTest(model=model, watch=watch):
                    self.train(model, 300, *watch, out="whole")
                    kills = 0
                    for delay in (0, 0.01, 0.03, 0.06, 0.1):
                        process = self.start(model, 300, *self.KEEP, *watch)
                        self.wait_for("c", process)
                        time.sleep(delay)
                        process.kill()
                        kills += process.wait() == -signal.SIGKILL
                    self.assertGreater(kills, 0)
                    self.train(model, 300, *self.KEEP, *watch)
                    self.assertEqual(tensors(self.dir / "m"), tensors(self.dir / "whole"))
                    (self.dir / "c").unlink()

    def test_interrupted_leaves_a_checkpoint(self):
        self.make_data()
        process = self.start("bpr", 100000, "--checkpoint", "c", "--checkpoint-seconds", "1")
        self.wait_for("c", process)
        first = (self.dir / "c").stat().st_mtime_ns
        time.sleep(0.4)  # some epochs, but no second checkpoint yet
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertTrue(process.stderr.read().endswith(b"akin: error: interrupted\n"))
        self.assertGreater((self.dir / "c").stat().st_mtime_ns, first)  # the epochs since then are in it
        self.assertFalse((self.dir / "m").exists())
        done = int(tensors(self.dir / "c")[0]["epoch"])
        result = self.run_json("train", "bpr", "-d", "events.data", "-o", "m", "--epochs", "100000", "--checkpoint", "c",
                               "--resume", "--stop-after", done + 3)
        self.assertEqual((result["monitor"]["resumed_at"], result["monitor"]["epochs"]), (done, done + 3))

    def test_resume_without_a_checkpoint_starts_anew(self):
        self.make_data()
        done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--checkpoint", "c", "--resume")
        self.search(r"c: no checkpoint yet, starting from the beginning", done.err)
        done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--checkpoint", "c", "--resume")
        self.search(r"resumed after epoch 15", done.err)

    def test_wrong_checkpoints(self):
        self.make_data()
        self.train("bpr", 5, "--checkpoint", "c")
        for args, pattern in ((["bpr", 6], "parameter epochs = 5, not 6"), (["als", 5], "model = bpr, not als"),
                              (["bpr", 5, "--seed", "1"], "seed = 42, not 1"),
                              (["bpr", 5, "--holdout", "none"], "hash of the training events")):
            done = self.train(*args, "--checkpoint", "c", "--resume", code=1)
            self.assert_error(done, rf"c: is a checkpoint of another fit: .*{pattern}")
        content = (self.dir / "c").read_bytes()
        self.write("c", content[:-9])
        self.assert_error(self.train("bpr", 5, "--checkpoint", "c", "--resume", code=1), "c: not a whole")
        self.write("other.data", (self.dir / "events.data").read_bytes())
        self.assert_error(self.train("bpr", 5, "--checkpoint", "other.data", "--resume", code=1),
                          "other.data: is a dataset file; expected a checkpoint")

    def test_wrong_flags(self):
        self.make_data()
        base = ["-d", "events.data", "-o", "m"]
        self.assert_error(self.run_akin("train", "popularity", *base, "--patience", "3", code=2),
                          "--patience does not apply: popularity is not trained in epochs")
        self.assert_error(self.run_akin("train", "als", *base, "--resume", code=2), "--resume: name the file")
        self.assert_error(self.run_akin("train", "als", *base, "--metric", "NDGC@10", code=2), "did you mean NDCG@10")
        self.assert_error(self.run_akin("train", "als", *base, "--metric", "RMSE", code=2), "'RMSE' is not one of")
        self.assert_error(self.run_akin("train", "als", *base, "--eval-every", "0", code=2), "at least 1")

    def test_early_stopping(self):
        self.make_data()
        result = self.run_json("train", "bpr", "-d", "events.data", "-o", "m", "--patience", "4", "--metric", "NDCG@5",
                               "--epochs", "200")
        monitor = result["monitor"]
        values = [point["value"] for point in monitor["curve"]]
        self.assertEqual(monitor["epochs"], len(values))
        self.assertLess(len(values), 200)
        self.assertEqual(monitor["best_value"], max(values))
        self.assertEqual(monitor["best_epoch"], values.index(max(values)) + 1)
        self.assertEqual(monitor["epochs"], monitor["best_epoch"] + 4)
        self.run_akin("train", "bpr", "-d", "events.data", "-o", "best", "--metric", "NDCG@5", "--epochs", "200",
                      "--stop-after", monitor["best_epoch"], "--quiet")
        self.assertEqual(tensors(self.dir / "m"), tensors(self.dir / "best"))
        out = self.run_akin("train", "mf-sgd", "-d", "events.data", "-o", "m", "--patience", "2", "--epochs", "50").out
        self.search(r"epoch +loss +RMSE", out)
        self.search(r"kept epoch \d+ \(RMSE \d\.\d+ on the validation events\)", out)


if __name__ == "__main__":
    unittest.main()
