"""Pictures: import, items that look alike, classes, edges."""
import csv
import gzip
import io
import shutil
import struct
import unittest
import zlib

from harness import ROOT, AkinTest, tiny_events, csv_text


def png(width, height, pixel):
    """A PNG whose pixel (x, y) is pixel(x, y), three numbers."""
    rows = b"".join(b"\0" + bytes(c for x in range(width) for c in pixel(x, y)) for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def stripes(upright, period, red):
    return png(32, 32, lambda x, y: (red, *[230 if (x if upright else y) // period % 2 else 20] * 2))


class ImageTest(AkinTest):
    def make_pictures(self):
        """Pictures of the 20 items: even ones are striped upright."""
        for item in range(20):
            self.write(f"photos/i{item}.png", stripes(item % 2 == 0, 4 + item // 5, 10 * item))
        self.write("photos/i3_2.png", stripes(False, 5, 99))
        self.write("photos/stranger.png", stripes(True, 4, 0))

    def make_shop(self):
        self.make_pictures()
        self.write("events.csv", csv_text(tiny_events()))
        done = self.run_akin("import", "csv", "events.csv", "--pictures", "photos", "-o", "events.data")
        self.search(r"photos: 21 pictures of 20 of 20 items; 1 belong to no item, such as stranger.png", done.err)

    def test_items_that_look_alike(self):
        self.make_shop()
        self.run_akin("train", "content-image", "-d", "events.data", "-o", "look.akin", "--holdout", "none")
        alike = self.run_json("similar", "look.akin", "--item", "i2", "-k", "5")["similar"]
        self.assertTrue(all(int(entry["item"][1:]) % 2 == 0 for entry in alike), alike)
        self.write("new.png", stripes(False, 6, 77))
        alike = self.run_json("similar", "look.akin", "--image", "new.png", "-k", "5")["similar"]
        self.assertTrue(all(int(entry["item"][1:]) % 2 == 1 for entry in alike), alike)
        self.write("new.json", '{"id": "n", "image": "new.png"}')
        self.assertEqual(self.run_json("similar", "look.akin", "--new-item", "new.json", "-k", "5")["similar"], alike)
        self.run_akin("train", "als", "-d", "events.data", "-o", "als.akin", "--quiet")
        self.assert_error(self.run_akin("similar", "als.akin", "--image", "new.png", code=2), "no encoder of pictures")
        self.run_akin("encode", "image", "-d", "events.data", "--add-to", "als.akin")
        self.run_akin("encode", "tfidf", "-d", "events.data", "--add-to", "als.akin")
        self.assertEqual(self.run_json("similar", "als.akin", "--image", "new.png", "-k", "5")["similar"], alike)
        words = self.run_json("similar", "als.akin", "--text", "even thing", "-k", "3")["similar"]
        self.assertTrue(all(int(entry["item"][1:]) % 2 == 0 for entry in words), words)
        self.assert_error(self.run_akin("similar", "als.akin", "--image", "events.csv", code=1), "events.csv: this is no JPEG")
        self.assert_error(self.run_akin("similar", "als.akin", "--text", "x", "--part", "image", code=2), "reads pictures")
        self.run_akin("similar", "als.akin", "--image", "new.png", "-k", "3", "--sheet", "sheet.png")
        self.assertTrue((self.dir / "sheet.png").read_bytes().startswith(b"\x89PNG"))
        # Vectors of any length of pictures, but not of words.
        self.run_akin("encode", "image", "-d", "events.data", "--width", "128", "--height", "128", "-o", "hog.npy", "--to", "npy")
        self.assertEqual(len((self.dir / "hog.npy").read_bytes()) % (20 * 8100 * 4), 128)

    def test_classes(self):
        for item in range(24):
            self.write(f"set/{'up' if item % 2 else 'flat'}/{item}.png", stripes(item % 2 == 1, 4 + item // 6, 10 * item))
        for model in ("image-linear", "image-knn"):
            score = self.run_json("image", "evaluate", model, "--data", "set", "--folds", "3", "--near-duplicates", "-1")
            self.assertGreater(score["metrics"]["accuracy"]["value"], 0.95)
            self.run_akin("image", "train", model, "--data", "set", "-o", "m.image")
            self.write("new.png", stripes(True, 7, 50))
            rows = list(csv.DictReader(io.StringIO(self.run_akin("image", "predict", "m.image", "new.png", "set/flat").out)))
            self.assertEqual((rows[0]["picture"], rows[0]["class"], len(rows)), ("new.png", "up", 13))
            self.assertEqual(self.run_json("image", "evaluate", "m.image", "--data", "set", "--html", "m.html")["pictures"], 24)
            page = (self.dir / "m.html").read_text()
            self.assertIn("img-src data:", page)
            self.assertIn('class="framed"><img alt="flat" src="data:image/png;base64,iVBORw0KGgo', page)
        self.write("paths.csv", "picture,kind\n" + "".join(f"set/up/{n}.png,a\nset/flat/{n - 1}.png,b\n" for n in (1, 3, 5)))
        self.run_akin("image", "train", "image-knn", "--data", "paths.csv", "--picture-column", "picture", "--label-column",
                      "kind", "-o", "p.image")
        self.assertEqual(self.run_json("image", "predict", "p.image", "new.png")["predictions"][0]["class"], "a")
        self.assert_error(self.run_akin("image", "train", "image-nn", "--data", "set", "-o", "x", code=2), "image-knn")
        self.assert_error(self.run_akin("image", "train", "image-knn", "--data", "paths", "-o", "x", code=1), "paths")
        self.write("loose/a.png", stripes(True, 4, 0))
        self.assert_error(self.run_akin("image", "train", "image-knn", "--data", "loose/a.png", "-o", "x", code=1), "a.png")
        self.run_akin("text", "predict", "p.image", "--text", "x", code=1)

    def test_a_net_learns_idx_files_and_gives_features(self):
        rows = lambda n: [[(255 if (x if n % 2 else y) // (2 + n % 3) % 2 else 0) for x in range(12)] for y in range(12)]
        pixels = bytes(p for n in range(40) for row in rows(n) for p in row)
        self.write("t-images-idx3-ubyte.gz", gzip.compress(struct.pack(">4I", 0x803, 40, 12, 12) + pixels))
        self.write("t-labels-idx1-ubyte", struct.pack(">2I", 0x801, 40) + bytes(n % 2 for n in range(40)))
        net = ["--size", "12", "--width", "4", "--epochs", "6", "--batch-size", "8", "--learning-rate", "0.05", "--shift", "1"]
        self.run_akin("image", "train", "image-cnn", "--data", "t-images-idx3-ubyte.gz", *net, "--checkpoint", "c.net",
                      "-o", "m.image")
        score = self.run_json("image", "evaluate", "m.image", "--data", "t-images-idx3-ubyte.gz")
        self.assertGreater(score["metrics"]["accuracy"]["value"], 0.9)
        self.run_akin("image", "train", "image-cnn", "--data", "t-images-idx3-ubyte.gz", "--pretrained", "m.image",
                      "--epochs", "1", "-o", "tuned.image")
        self.make_shop()
        self.run_akin("train", "content-image", "-d", "events.data", "--file", "m.image", "-o", "look.akin", "--holdout", "none")
        alike = self.run_json("similar", "look.akin", "--item", "i2", "-k", "5")["similar"]
        self.assertEqual(len(alike), 5)
        (self.dir / "t-labels-idx1-ubyte").unlink()
        self.assert_error(self.run_akin("image", "evaluate", "m.image", "--data", "t-images-idx3-ubyte.gz", code=1), "t-labels")

    def test_classes_of_items_and_twins(self):
        self.make_shop()
        score = self.run_json("image", "evaluate", "image-linear", "--data", "events.data", "--target", "category", "--folds",
                              "2", "--regularization", "0.1", "--near-duplicates", "-1")
        self.assertGreater(score["metrics"]["accuracy"]["value"], 0.9)
        self.assert_error(self.run_akin("image", "evaluate", "image-knn", "--data", "events.data", code=2), "--target")
        # A twin of each picture: found wherever it is, unless twins stay together.
        for item in range(8):
            spots = lambda x, y, n=item: [(x // 8 * 91 + y // 8 * 57 + n * (x // 8 + 2) * (y // 8 + 3) * 37) % 256] * 3
            self.write(f"photos/i{item}.png", png(64, 64, spots))
            shutil.copy(self.dir / f"photos/i{item}.png", self.dir / f"photos/twin{item}.png")
        lines = "".join(f"photos/{name}{n}.png,c{n}\n" for n in range(8) for name in ("i", "twin"))
        self.write("twins.csv", "path,label\n" + lines)
        told = lambda *flags: self.run_json("image", "evaluate", "image-knn", "--data", "twins.csv", "--neighbors", "1",
                                            "--features", "pixels", "--picture-column", "path", "--label-column", "label",
                                            "--folds", "2", *flags)["metrics"]["accuracy"]["value"]
        for item in range(4):  # of items too: they are marked, and cold-items splits keep them together, as three that were drawn alike
            shutil.copy(self.dir / f"photos/i{item}.png", self.dir / f"photos/i{item + 10}.png")
        done = self.run_akin("import", "csv", "events.csv", "--pictures", "photos", "-o", "twins.data")
        self.search(r"7 items have the picture of another one, such as i10 that of i0", done.err)
        self.assertEqual(told("--near-duplicates", "-1"), 1)
        self.assertLess(told(), 0.5)

    def test_filter(self):
        self.write("step.png", png(20, 16, lambda x, y: [200 if x >= 10 else 0] * 3))
        for name in ("sobel", "prewitt", "difference", "hog"):
            self.run_akin("image", "filter", name, "step.png", "-o", f"{name}.png")
        self.assert_error(self.run_akin("image", "filter", "sobl", "step.png", "-o", "x.png", code=2), "there are: hog, sobel, prewitt")
        self.assert_error(self.run_akin("image", "filter", "hog", "none.png", "-o", "x.png", code=1), "none.png")
        self.assertEqual(self.files(), ["difference.png", "hog.png", "prewitt.png", "sobel.png", "step.png"])


if __name__ == "__main__":
    unittest.main()
