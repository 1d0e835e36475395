"""akin encoder: pretrained models of texts from their folder to vectors, bundles and answers."""
import json
import math
import os
import struct
import unittest
import zipfile

import harness

FOLDER = harness.ROOT / "tests/reference/bert/mean"


class EncoderTest(harness.AkinTest):
    def setUp(self):
        super().setUp()
        self.run_akin("encoder", "import", FOLDER, "-o", "tiny.enc")
        self.write("events.csv", harness.csv_text(harness.tiny_events()))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data")

    def test_vectors_are_those_of_the_reference(self):
        expected = json.loads((FOLDER.parent / "expected.json").read_text())
        for text, vector in list(zip(expected["texts"], expected["mean"]))[2:8]:
            found = self.run_json("encode", "tiny.enc", "--text", text)["vector"]
            self.assertLess(max(abs(a - b) for a, b in zip(found, vector)), 1e-4)

    def test_describe_says_where_it_comes_from(self):
        facts = self.run_json("encoder", "describe", "tiny.enc")
        self.assertEqual((facts["origin"], facts["license"], facts["pooling"]), ("tiny-mean", "Apache-2.0", "mean"))
        self.assertEqual(len(facts["files.model.safetensors"]), 64)
        self.assertIn("tiny-mean", self.run_akin("encoder", "describe", "tiny.enc").out)

    def test_a_file_is_an_encoder_like_any_other(self):
        self.run_akin("encode", "tiny.enc", "-d", "events.data", "-o", "raw.csv")
        self.run_akin("encode", "tiny.enc", "-d", "events.data", "--fields", "title,category", "--whiten",
                      "--shrinkage", "0.01", "-o", "white.csv", "--save", "white.enc")
        raw, white = ((self.dir / name).read_text().splitlines() for name in ("raw.csv", "white.csv"))
        self.assertEqual(len(raw), len(white))
        self.assertNotEqual(raw[1], white[1])
        # The fitted file gives the same vectors without being fitted again.
        self.run_akin("encode", "white.enc", "-d", "events.data", "-o", "again.csv")
        self.assertEqual((self.dir / "again.csv").read_text().splitlines(), white)
        self.assertIn("whiten", self.run_json("encoder", "describe", "white.enc")["steps"])

    def test_beside_a_model_it_answers_texts(self):
        self.run_akin("train", "popularity", "-d", "events.data", "-o", "m.akin")
        self.run_akin("encode", "tiny.enc", "-d", "events.data", "--add-to", "m.akin", "--part", "words")
        answers = self.run_json("similar", "m.akin", "--text", "Thing 4, the even", "-k", 3)
        self.assertEqual(answers["similar"][0]["item"], "i4")
        facts = self.run_json("encoder", "describe", "m.akin", "--part", "words")
        self.assertEqual(facts["origin"], "tiny-mean")

    def test_as_a_model_of_its_own(self):
        self.run_akin("train", "content-pretrained", "-d", "events.data", "--file", "tiny.enc", "--whiten", "-o", "m.akin")
        (self.dir / "tiny.enc").unlink()  # the bundle holds it
        self.assertEqual(self.run_json("similar", "m.akin", "--text", "Thing 4, the even", "-k", 1)["similar"][0]["item"], "i4")
        self.assertEqual(len(self.run_json("recommend", "m.akin", "--history", "i2,i4", "-k", 3)["items"]), 3)
        self.assert_error(self.run_akin("train", "content-pretrained", "-d", "events.data", "-o", "n.akin", code=1), "akin encoder import")
        done = self.run_akin("compare", "-d", "events.data", "--models", "popularity,content-pretrained", code=1)
        self.assertIn("content-pretrained will fail: ", done.err)

    def test_reads_roberta(self):
        folder = harness.ROOT / "tests/reference/roberta"
        expected = json.loads((folder / "expected.json").read_text())
        self.run_akin("encoder", "import", folder, "-o", "roberta.enc")
        self.assertEqual(self.run_json("encoder", "describe", "roberta.enc")["model_type"], "roberta")
        found = self.run_json("encode", "roberta.enc", "--text", expected["texts"][3])["vector"]
        self.assertLess(max(abs(a - b) for a, b in zip(found, expected["vectors"][3])), 1e-4)

    def test_errors_say_what_to_do(self):
        self.assert_error(self.run_akin("encoder", "import", "no_such", "-o", "x.enc", code=1), "no_such")
        self.assert_error(self.run_akin("encoder", "improt", code=2), "did you mean import")
        self.assert_error(self.run_akin("encode", "pretrained", "-d", "events.data", "-o", "x.csv", code=2),
                          "akin encoder import")
        self.assert_error(self.run_akin("encode", "tiny.enc", "-d", "events.data", "-o", "x.csv", "--save", "tiny.enc", code=2),
                          "tiny.enc")
        self.assert_error(self.run_akin("encoder", "describe", "events.data", code=1), "holds no encoder")


@unittest.skipUnless(os.environ.get("AKIN_MINILM"), "AKIN_MINILM names no folder; scripts/get-minilm.sh makes one")
class MiniLmTest(harness.AkinTest):
    """all-MiniLM-L6-v2: the values of its model card's example, computed with sentence-transformers 6."""

    def test_golden_vectors(self):
        self.run_akin("encoder", "import", os.environ["AKIN_MINILM"], "-o", "minilm.enc")
        vector = lambda text: self.run_json("encode", "minilm.enc", "--text", text)["vector"]
        cosine = lambda a, b: sum(x * y for x, y in zip(a, b))
        first = vector("This is an example sentence")
        for found, expected in zip(first, (0.06766, 0.06350, 0.04871, 0.07930, 0.03745, 0.00265)):
            self.assertAlmostEqual(found, expected, delta=1e-4)
        self.assertAlmostEqual(cosine(first, vector("Each sentence is converted")), 0.4046, delta=1e-4)
        french, english = vector("Crème hydratante visage"), vector("Moisturizing face cream for dry skin")
        self.assertAlmostEqual(cosine(french, english), 0.2976, delta=1e-4)


class ImageNetTest(harness.AkinTest):
    """Weights of nets of pictures: the small net, as numpy.savez() writes it."""

    def write_small(self, **changed):
        shapes = {"predictions/kernel": (128, 5), "predictions/bias": (5,)}
        for block in range(1, 5):
            shapes[f"conv{block}/kernel"] = (3, 3, 3 if block == 1 else 4 << block, 8 << block)
            shapes[f"conv{block}/bias"] = (8 << block,)
        shapes.update(changed)
        with zipfile.ZipFile(self.dir / "small.npz", "w") as archive:
            for name, shape in shapes.items():
                header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
                archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(4 * math.prod(shape)))

    def test_import_and_describe(self):
        self.write_small()
        out = self.run_akin("encoder", "import", "small.npz", "-o", "small.enc", "--license", "CC0-1.0").out
        self.assertIn("small-cnn of Keras, 98085 parameters, 5 classes", out)
        facts = self.run_json("encoder", "describe", "small.enc")
        self.assertEqual(facts["license"], "CC0-1.0")
        self.assertEqual(facts["architecture"], "small-cnn")
        self.assertEqual(len(facts["files.small.npz"]), 64)

    def test_errors(self):
        self.write_small(**{"conv2/bias": (31,)})
        self.assert_error(self.run_akin("encoder", "import", "small.npz", "-o", "s.enc", code=1), r"conv2/bias has the shape \(31\), not \(32\)")
        self.assert_error(self.run_akin("encoder", "import", "small.npz", "-o", "s.enc", "--architecture", "vgg61", code=2), "vgg16, vgg19")
        self.assert_error(self.run_akin("encoder", "import", "small.npz", "-o", "s.enc", "--prefix", "query: ", code=2), "are of texts")

if __name__ == "__main__":
    unittest.main()
