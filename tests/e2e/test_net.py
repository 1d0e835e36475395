"""Neural nets from the command line: describe, train, go on, evaluate, predict, export."""
import csv
import json
import os
import pathlib
import struct
import shutil
import signal
import subprocess
import sys
import time
import unittest

from harness import AKIN, ROOT, AkinTest, csv_text, tiny_events

NETS = ROOT / "examples" / "nets"
BUILT = (pathlib.Path(AKIN).parent / "libakin_nn_torch.so").exists()


class DescribeTest(AkinTest):
    """Needs no library of nets."""

    def test_counts_of_the_examples(self):
        for name, parameters in (("simple-classifier", 160305), ("rating-dot", 1033980), ("rating-mlp", 1037949)):
            with self.subTest(name):
                self.assertEqual(self.run_json("net", "describe", NETS / f"{name}.toml")["parameters"], parameters)

    def test_summary_is_a_table(self):
        out = self.run_akin("net", "describe", NETS / "rating-dot.toml").out
        self.assertRegex(out, r"user_embedding \(Embedding\) +\(None, 1, 30\) +670920 +user\[0\]\[0\]")
        self.assertIn("Total params: 1,033,980\nTrainable params: 1,033,980\nNon-trainable params: 0\n", out)

    def test_sizes_from_data(self):
        self.make_data()
        layers = self.run_json("net", "describe", NETS / "rating-any.toml", "--data", "events.data")["layers"]
        self.assertEqual([layer["parameters"] for layer in layers if layer["kind"] == "embedding"], [31 * 30, 21 * 30])
        self.assert_error(self.run_akin("net", "describe", NETS / "rating-any.toml", code=2), r"toml:\d+: .*give --data")

    def test_mistakes_name_file_and_line(self):
        layers = '[[layers]]\nkind = "input"\nshape = [2]\n[[layers]]\nkind = "dense"\nunits = 3\n'
        for text, pattern in (
                (layers + 'activation = "rely"\n', r"n\.toml:7: unknown activation 'rely' \(did you mean relu"),
                (layers + "unit = 3\n", r"n\.toml:7: a layer of kind dense has no 'unit'"),
                (layers + 'input = "x"\n', r"n\.toml:4: layer dense_1: there is no layer x before it"),
                (layers + '[train]\noptimizer = "adan"\n', r"n\.toml:8: unknown optimizer 'adan' \(did you mean"),
                (layers + "[train]\nepoch = 3\n", r"n\.toml:8: unknown setting 'epoch'"),
                (layers + '[data]\ninput = "a"\n', r"n\.toml:8: \[data\] has no 'input' \(did you mean inputs"),
                (layers + "[trian]\n", r"n\.toml:7: unknown 'trian' \(did you mean train"),
                ("x = [", r"n\.toml:1: not TOML"),
                ("name = 'x'\n", "has no layers")):
            with self.subTest(pattern):
                self.write("n.toml", text)
                self.assert_error(self.run_akin("net", "describe", "n.toml", code=2), pattern)

    def test_actions(self):
        self.assert_error(self.run_akin("net", code=2), "name an action")
        self.assert_error(self.run_akin("net", "trian", code=2), r"no action 'trian' \(did you mean train")

    def test_missing_library(self):
        env = dict(os.environ, AKIN_NN_LIBRARY=str(self.dir / "none.so"))
        done = subprocess.run([AKIN, "net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "-o", "x"],
                              cwd=self.dir, env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"neural nets need libakin_nn_torch\.so, which is not at .*none\.so")

    def test_missing_library_is_said_before_other_models_are_fitted(self):
        self.make_data()
        env = dict(os.environ, AKIN_NN_LIBRARY=str(self.dir / "none.so"))
        done = subprocess.run([AKIN, "compare", "-d", "events.data", "--models", "popularity,mult-dae"],
                              cwd=self.dir, env=env, capture_output=True, text=True)
        self.assertRegex(done.stderr, r"(?s)mult-dae will fail: neural nets need .*none\.so.*popularity \(1 of 2\)")


@unittest.skipUnless(BUILT, "built without nets")
class TrainTest(AkinTest):
    def train(self, toml, data, out, *flags):
        return self.run_json("net", "train", toml, "--data", data, "-o", out, "--threads", "1", *flags)

    def test_xor(self):
        trained = self.train(NETS / "xor.toml", NETS / "xor.csv", "xor.net")
        self.assertEqual(len(trained["epochs"]), 300)
        self.assertEqual(trained["epochs"][-1]["accuracy"], 1)
        scores = self.run_json("net", "evaluate", "xor.net", "--data", NETS / "xor.csv")
        self.assertEqual((scores["part"], scores["samples"], scores["scores"]["accuracy"]), ("all", 4, 1))
        out = self.run_akin("net", "predict", "xor.net", "--data", NETS / "xor.csv").out
        rows = list(csv.DictReader(out.splitlines()))
        self.assertEqual([round(float(row["prediction"])) for row in rows], [0, 1, 1, 0])
        hidden = self.run_json("net", "predict", "xor.net", "--data", NETS / "xor.csv", "--layer", "dense_1")
        self.assertEqual(hidden["shape"], [4, 8])

    def test_wrong_products_are_found(self):
        compiler = shutil.which("cc") or shutil.which("gcc") or self.skipTest("no C compiler")
        self.write("wrong.c", "void sgemm_(void) {}\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", self.dir / "wrong.so", self.dir / "wrong.c"], check=True)
        done = subprocess.run([AKIN, "net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "-o", "n"], cwd=self.dir,
                              capture_output=True, text=True, env={**os.environ, "LD_PRELOAD": str(self.dir / "wrong.so")})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"the BLAS of libtorch multiplies wrongly .* it is .*wrong\.so.*OPENBLAS_CORETYPE")

    def test_score_of_a_constant(self):
        rows = "".join(f"{i % 7},{int(i % 4 == 0)}\n" for i in range(80))
        self.write("t.csv", "a,a_xor_b\n" + rows)
        toml = (NETS / "xor.toml").read_text().replace('inputs = ["a", "b"]', 'inputs = ["a"]').replace("shape = [2]", "shape = [1]")
        self.write("n.toml", toml + "test = 0.25\n")
        trained = self.run_json("net", "train", "n.toml", "--data", "t.csv", "-o", "n.net", "--epochs", 1)
        scores = self.run_json("net", "evaluate", "n.net", "--data", "t.csv")
        self.assertEqual(trained["constant_part"], "held-out")
        self.assertEqual(scores["constant"], trained["constant"])
        self.assertGreater(scores["constant"]["accuracy"], 0.5)
        self.assertRegex(self.run_akin("net", "evaluate", "n.net", "--data", "t.csv").out, r"a constant: loss 0\.\d+  accuracy 0\.\d+")

    def test_sin(self):
        trained = self.train(NETS / "sin.toml", NETS / "sin.csv", "sin.net")
        self.assertLess(trained["epochs"][-1]["mae"], 0.01)

    def test_history_is_printed(self):
        out = self.run_akin("net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "-o", "x.net", "--epochs", "2",
                            "--gradient-norms").out
        self.assertRegex(out, r"\Aepoch 1/2  \S+ s  loss \d\.\d{4}  accuracy \d\.\d{4}\nepoch 2/2 ")
        self.assertRegex(out, r"dense_1 +\d\.\d+e")
        self.assertTrue(out.endswith("wrote x.net\n"))

    def test_gradients_by_step(self):
        args = (NETS / "copy-rnn.toml", NETS / "copy.csv", "rnn.net", "--gradient-norms", "--epochs", "2", "--html", "rnn.html")
        trained = self.train(*args)
        self.assertEqual(list(trained["gradient_norms"]), ["dense_1", "simple_rnn_1"])
        norms = trained["step_gradient_norms"]["simple_rnn_1"]
        self.assertEqual(len(norms), 60)
        self.assertLess(norms[0], 0.01 * norms[-1])
        page = (self.dir / "rnn.html").read_text()
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        for text in ("<h1>Training of copy-rnn</h1>", "Loss", "validation", "Gradient norm by layer", "Gradient norm by time step"):
            self.assertIn(text, page)
        self.assertIn(f"{norms[0]:.6g}", page)
        out = self.run_akin("net", "train", NETS / "copy-rnn.toml", "--data", NETS / "copy.csv", "-o", "rnn.net", "--epochs", 0,
                            "--gradient-norms").out
        self.assertRegex(out, r"gradient norm at step +simple_rnn_1\n-+ +-+\n +0 +\d\.\d{3}e-\d\d\n +5 ")
        self.assertRegex(out, r"the gradient of simple_rnn_1 at step 0 is \de-\d\d of the greatest")

    def test_page_without_norms(self):
        trained = self.train(NETS / "xor.toml", NETS / "xor.csv", "x.net", "--epochs", "1", "--html", "x.html")
        self.assertNotIn("step_gradient_norms", trained)
        page = (self.dir / "x.html").read_text()
        self.assertIn("Loss", page)
        self.assertNotIn("Gradient norm", page)
        trained = self.train(NETS / "xor.toml", NETS / "xor.csv", "x.net", "--epochs", "0", "--gradient-norms")
        self.assertEqual(len(trained["gradient_norms"]), 2)
        self.assertNotIn("step_gradient_norms", trained)

    def test_going_on_is_training_longer(self):
        self.train(NETS / "xor.toml", NETS / "xor.csv", "whole.net", "--epochs", "6", "--batch-size", "3")
        self.train(NETS / "xor.toml", NETS / "xor.csv", "part.net", "--epochs", "2", "--batch-size", "3", "--checkpoint", "at-{}.net")
        # Batch and validation share are those of before.
        rest = self.train("at-2.net", NETS / "xor.csv", "rest.net", "--epochs", "4")
        self.assertEqual(rest["epochs"][0]["epoch"], 3)
        whole, rest = (self.run_akin("net", "predict", f"{name}.net", "--data", NETS / "xor.csv").out
                       for name in ("whole", "rest"))
        self.assertEqual(whole, rest)

    def test_next_item_over_one_hot_vectors(self):
        trained = self.train(NETS / "next-item-lstm.toml", NETS / "next-item.csv", "next.net", "--embedding", "one-hot")
        self.assertGreater(trained["epochs"][-1]["val_accuracy"], 0.9)  # of 12 items

    def test_ratings(self):
        self.make_data()
        trained = self.train(NETS / "rating-any.toml", "events.data", "r.net", "--epochs", "3", "--learning-rate", "0.05")
        losses = [epoch["loss"] for epoch in trained["epochs"]]
        self.assertLess(losses[-1], losses[0])
        self.assertIn("val_loss", trained["epochs"][0])
        held = self.run_json("net", "evaluate", "r.net", "--data", "events.data")
        self.assertEqual((held["part"], held["samples"]), ("test", 48))
        self.assertAlmostEqual(held["scores"]["loss"], trained["held_out"]["loss"], places=5)
        self.run_akin("net", "export", "r.net", "--weight", "user_embedding/embeddings", "--to", "csv", "-o", "u.csv")
        rows = list(csv.reader((self.dir / "u.csv").read_text().splitlines()))
        self.assertEqual((len(rows), len(rows[0]), rows[1][0]), (31, 31, "u0"))  # row 0 is reserved
        similar = self.run_json("similar", "u.csv", "--item", "u0", "-k", "3")
        self.assertEqual(len(similar["similar"]), 3)

    def test_users_a_net_does_not_know(self):
        self.make_data()
        self.train(NETS / "rating-any.toml", "events.data", "r.net", "--epochs", "1")
        self.make_data("more.data", tiny_events(users=32))
        done = self.run_akin("net", "predict", "r.net", "--data", "more.data", "-o", "p.csv")
        self.assertIn("16 indices that the net does not know became 0", done.err)

    def test_text(self):
        lines = [f"{i % 2} {'good fine great'.split()[i % 3] if i % 2 else 'bad poor awful'.split()[i % 3]} thing {i % 7}"
                 for i in range(200)]
        self.write("t.txt", "\n".join(lines) + "\n")
        self.run_akin("import", "text", "t.txt", "--tokens", "space", "-o", "t.data", "--quiet")
        for name in ("text-classifier", "kim-cnn"):
            with self.subTest(name):
                trained = self.train(NETS / f"{name}.toml", "t.data", "t.net", "--epochs", "30", "--batch-size", "16")
                self.assertGreater(trained["held_out"]["accuracy"], 0.95)
        self.write("new.txt", "a fine thing\nan awful thing\n")  # without labels
        self.run_akin("import", "text", "new.txt", "--tokens", "space", "-o", "new.data", "--quiet")
        predicted = self.run_json("net", "predict", "t.net", "--data", "new.data")
        self.assertNotIn("targets", predicted)
        self.assertGreater(predicted["values"][0], 0.5)
        self.assertLess(predicted["values"][1], 0.5)

    def test_arrays_of_numpy(self):
        """Sequences of two features; the class is whether the second one rises."""
        def save(name, shape, numbers):
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
            self.write(f"sounds/{name}", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                       + struct.pack(f"<{len(numbers)}f", *numbers))
        (self.dir / "sounds").mkdir()
        frames = [value for n in range(60) for step in range(6)
                  for value in ((n * 7 + step * 3) % 5, (step if n % 2 else 5 - step) + n % 3)]
        save("frames.npy", "(60, 6, 2)", frames)
        save("labels.npy", "(60,)", [n % 2 for n in range(60)])
        self.write("sound.toml", """
layers = [
  {kind = "input", name = "frames", shape = [6, 2]},
  {kind = "conv1d", units = 8, kernel = [3], activation = "relu"},
  {kind = "gru", units = 8},
  {kind = "dense", units = 1, activation = "sigmoid"},
]
[train]
optimizer = "adam"
learning_rate = 0.02
loss = "binary_crossentropy"
metrics = ["accuracy"]
epochs = 40
batch_size = 10
[data]
kind = "npy"
inputs.frames = "frames.npy"
target = "labels.npy"
test = 0.2
""")
        trained = self.train("sound.toml", "sounds", "s.net")
        self.assertGreater(trained["held_out"]["accuracy"], 0.9)
        (self.dir / "sounds" / "labels.npy").unlink()
        self.assertEqual(len(self.run_json("net", "predict", "s.net", "--data", "sounds")["values"]), 60)
        save("frames.npy", "(60, 12)", frames)
        self.assert_error(self.run_akin("net", "predict", "s.net", "--data", "sounds", code=1),
                          r"its rows are of shape \(None, 12\), but input frames takes \(None, 6, 2\)")

    def test_same_seed_same_file(self):
        for name in ("a", "b"):
            self.train(NETS / "xor.toml", NETS / "xor.csv", name, "--epochs", "3")
        self.assertEqual((self.dir / "a").read_bytes(), (self.dir / "b").read_bytes())

    def test_bad_data(self):
        self.write("x.csv", "a,b,a_xor_b\n0,0,0\n0,one,1\n")
        args = ["net", "train", NETS / "xor.toml", "-o", "x.net", "--quiet", "--data"]
        self.assert_error(self.run_akin(*args, "x.csv", code=1), r"x\.csv:3: column b: value is not a number \('one'\)")
        self.write("x.csv", "a,b\n0,0\n")
        self.assert_error(self.run_akin(*args, "x.csv", code=1), "has no column 'a_xor_b'")
        self.write("x.csv", "a,b,a_xor_b\n0,0,0\n1,1\n")
        self.assert_error(self.run_akin(*args, "x.csv", code=1), r"x\.csv:3: 2 cells")
        self.write("x.csv", "a,b,a_xor_b\n0,0,7\n")
        self.assert_error(self.run_akin(*args, "x.csv", code=1), "target 0 is 7; binary_crossentropy")
        self.assertEqual(self.files(), ["x.csv"])
        self.assert_error(self.run_akin("net", "train", NETS / "xor.toml", "-o", "x.net", "--data", NETS / "xor.csv",
                                        "--device", "gpu", code=2), "unknown device 'gpu'")

    def test_masked_attention_with_a_tied_output(self):
        """The class is the last index that is not padding; in batches of both lengths."""
        self.write("next.toml", """
[[layers]]
kind = "input"
name = "history"
shape = [4]
[[layers]]
kind = "embedding"
name = "items"
rows = 6
units = 8
[[layers]]
kind = "positional_embedding"
[[layers]]
kind = "attention"
heads = 2
key_size = 4
causal = true
mask = "history"
[[layers]]
kind = "layer_norm"
[[layers]]
kind = "lstm"
units = 8
mask = "history"
[[layers]]
kind = "dense"
units = 6
weights_of = "items"
activation = "softmax"
[train]
optimizer = "adam"
learning_rate = 0.02
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]
epochs = 60
batch_size = 16
[data]
kind = "csv"
inputs.history = ["a", "b", "c", "d"]
target = "last"
""")
        rows = [(a, b, b % 5 + 1, 0, b % 5 + 1) for a in range(1, 6) for b in range(1, 6)]
        rows += [(0, a, b, a % 5 + 1, a % 5 + 1) for a in range(1, 6) for b in range(1, 6)]
        self.write("rows.csv", "a,b,c,d,last\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        layers = self.run_json("net", "describe", "next.toml")["layers"]
        self.assertEqual(layers[-1]["parameters"], 6)  # a bias of its own, and no table
        trained = self.train("next.toml", "rows.csv", "next.net")
        self.assertGreater(trained["epochs"][-1]["accuracy"], 0.9)
        self.run_akin("net", "export", "next.net", "-o", "next.h5")
        self.train("next.toml", "rows.csv", "again.net", "--epochs", "0", "--init", "next.h5", "--seed", "9")
        values = [self.run_json("net", "predict", name, "--data", "rows.csv")["values"] for name in ("next.net", "again.net")]
        self.assertEqual(values[0], values[1])

    def test_losses_for_recommenders_need_their_targets(self):
        self.write("n.toml", '[[layers]]\nkind = "input"\nshape = [2]\n[[layers]]\nkind = "dense"\nunits = 3\n'
                   '[train]\nloss = "LOSS"\n[data]\nkind = "csv"\ninputs = ["a", "b"]\ntarget = "y"\n')
        self.write("x.csv", "a,b,y\n1,2,1\n2,1,0\n")
        text = (self.dir / "n.toml").read_text()
        self.write("n.toml", text.replace("LOSS", "multinomial"))
        done = self.run_akin("net", "train", "n.toml", "--data", "x.csv", "-o", "x.net", "--quiet")
        self.assertNotIn("a constant", done.out)
        self.assertEqual(self.run_json("net", "predict", "x.net", "--data", "x.csv")["targets"], [1, 0])
        self.write("y.csv", "a,b,y\n1,2,4\n")
        self.assert_error(self.run_akin("net", "train", "n.toml", "--data", "y.csv", "-o", "x.net", "--quiet", code=1),
                          "target 0 is 4; multinomial needs it to be 0 for none, or a class from 1 to 3")
        self.write("n.toml", text.replace("LOSS", "bpr"))
        self.run_akin("net", "train", "n.toml", "--data", "x.csv", "-o", "x.net")
        self.run_akin("net", "evaluate", "x.net", "--data", "x.csv")

    def test_interrupted(self):
        with open(self.dir / "history", "wb") as history:
            process = subprocess.Popen([AKIN, "net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "-o", "x.net",
                                        "--epochs", "10000000"], cwd=self.dir, stdout=history, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while (self.dir / "history").stat().st_size == 0:  # the first epoch
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertTrue(process.stderr.read().endswith(b"akin: error: interrupted\n"))
        self.assertEqual(self.files(), ["history"])

    def test_weights_for_keras(self):
        self.train(NETS / "xor.toml", NETS / "xor.csv", "x.net", "--epochs", "2")
        self.run_akin("net", "export", "x.net", "-o", "x.h5")
        self.run_akin("net", "train", NETS / "xor.toml", "--data", NETS / "xor.csv", "-o", "y.net", "--epochs", "0",
                      "--init", "x.h5", "--seed", "9")
        self.run_akin("net", "export", "y.net", "-o", "y.h5")
        check = pathlib.Path(__file__).parent / "keras_layout.py"
        done = subprocess.run([sys.executable, check, self.dir / "x.h5", self.dir / "y.h5"], capture_output=True, text=True)
        if done.returncode == 77:
            self.skipTest("no h5py")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {"bits": [], "dense_1": ["dense_1/kernel:0", "dense_1/bias:0"],
                                                   "dense_2": ["dense_2/kernel:0", "dense_2/bias:0"]})


if __name__ == "__main__":
    unittest.main()
