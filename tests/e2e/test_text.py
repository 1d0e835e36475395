"""Texts: import, vectors of words, nearest words and analogies, vectors of texts."""
import array
import csv
import json
import pathlib
import signal
import struct
import subprocess
import time
import unittest

from harness import AKIN, AkinTest, csv_text

# Unit vectors in a plane: capital = country + 2, noise far away.
VECTORS = {"france": (1, 0, 0), "paris": (1, 0, 1), "italy": (0, 1, 0), "rome": (0, 1, 1), "mud": (-1, -1, 0.1),
           "New%20York": (0.2, 0.1, -1)}
TEXT = "".join(f"In New York {word} {word}s and the {other}, it's {number}.\n"
               for number, (word, other) in enumerate([("cat", "dog"), ("dog", "cat"), ("tree", "house"), ("sun", "moon"),
                                                       ("red", "blue"), ("old", "young"), ("up", "down")] * 3))


class TextTest(AkinTest):
    def make_vectors(self, binary=False):
        content = f"{len(VECTORS)} 3\n".encode()
        for word, vector in VECTORS.items():
            content += word.encode() + b" "
            content += struct.pack("<3f", *vector) if binary else " ".join(map(str, vector)).encode()
            content += b"\n"
        return self.write("vectors.bin" if binary else "vectors.txt", content)

    def make_words(self, *flags):
        self.write("text.txt", TEXT)
        return self.run_json("import", "text", "text.txt", "-o", "words.data", "--lowercase", *flags)

    def test_import(self):
        result = self.make_words("--write-vocabulary", "v.tsv", "--phrases", "2", "--phrase-threshold", "1",
                                 "--phrase-min-count", "3", "--write-phrases", "p.tsv")
        self.assertEqual((result["users"], result["lines"]), (21, 21))
        vocabulary = dict(line.split("\t") for line in (self.dir / "v.tsv").read_text().splitlines())
        self.assertEqual(vocabulary["in_new_york"], "21")
        again = self.make_words("--phrase-file", "p.tsv")
        self.assertEqual((again["items"], again["events"]), (result["items"], result["events"]))
        few = self.run_json("import", "text", "text.txt", "-o", "few.data", "--vocabulary", "v.tsv")
        self.assertLess(few["items"], result["items"])  # the phrases are in the file, their words are not
        self.assert_error(self.run_akin("import", "text", "text.txt", "-o", "x", "--phrases", "1", "--phrase-file", "p.tsv",
                                        code=2), "one of the two")
        self.assert_error(self.run_akin("import", "text", "text.txt", "-o", "x", "--write-vocabulary", "text.txt", code=2),
                          "--write-vocabulary would write text.txt, which FILE reads")
        self.assertNotIn("x", self.files())

    def test_standard_input_and_empty_documents(self):
        done = self.run_akin("import", "text", "-", "-o", "words.data", stdin="one two\n\n...\nthree\n")
        self.search(r"2 of 4 documents have no words and are left out: 2, 3", done.out)
        self.search(r"kept +2 users, 3 items, 3 events", done.out)
        self.assert_error(self.run_akin("import", "text", "-", "-o", "x", stdin="...\n", code=1), "not one usable event")

    def test_reviews(self):
        rows = [(f"u{n}", f"i{n % 3}", 5, n, f"word{n} good") for n in range(7)]
        self.write("events.csv", csv_text(rows, "user,item,value,time,text"))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data")
        result = self.run_json("import", "text", "events.data", "--documents", "item", "-o", "words.data")
        self.assertEqual((result["users"], result["items"], result["events"]), (3, 8, 14))
        self.assert_error(self.run_akin("import", "text", "events.data", "--documents", "line", "-o", "x", code=2),
                          "review, item or user")

    def test_from_text_to_similar_words(self):
        self.make_words()
        self.run_akin("train", "prod2vec", "-d", "words.data", "-o", "words.akin", "--holdout", "none", "--quiet")
        result = self.run_json("similar", "words.akin", "--item", "cat", "--minus", "dog", "--plus", "sun", "-k", "3")
        self.assertEqual([entry["item"] for entry in result["plus"]], ["cat", "sun"])
        self.assertEqual([entry["item"] for entry in result["minus"]], ["dog"])
        self.assertEqual(len(result["similar"]), 3)
        self.assertFalse({"cat", "dog", "sun"} & {entry["item"] for entry in result["similar"]})
        for weighting in ("mean", "tfidf", "sif"):
            done = self.run_json("encode", "words.akin", "-d", "words.data", "--weighting", weighting, "-o", "docs.csv")
            self.assertEqual((done["rows"], done["unknown"]), (21, 0))
        rows = list(csv.reader((self.dir / "docs.csv").read_text().splitlines()))
        self.assertEqual([row[0] for row in rows[1:]], [str(n) for n in range(1, 22)])

    def test_similar_in_a_file_of_vectors(self):
        for source in (self.make_vectors(), self.make_vectors(binary=True)):
            result = self.run_json("similar", source, "--item", "paris", "--minus", "france", "--plus", "italy")
            self.assertEqual(result["similar"][0]["item"], "rome")
            alone = self.run_json("similar", source, "--item", "paris", "-k", "2")
            self.assertEqual(alone["item"], "paris")
            self.assertEqual(len(alone["similar"]), 2)
            self.run_akin("similar", source, "--item", "New York")  # %20 in the file
            out = self.run_akin("similar", source, "--item", "paris", "--minus", "france", "--plus", "italy").out
            self.search(r"similar to paris - france \+ italy:", out)
            self.run_akin("similar", source, "--all-items", "-k", "1", "-o", "all.tsv")
            self.assertEqual(len((self.dir / "all.tsv").read_text().splitlines()), 1 + len(VECTORS))
        self.assert_error(self.run_akin("similar", source, "--item", "pari", code=1), "did you mean paris")
        self.assert_error(self.run_akin("similar", source, "--item", "paris", "--filter", "a=b", code=2), "no attributes")
        self.assert_error(self.run_akin("similar", source, "--minus", "paris", code=2), "name one query")
        self.make_bundle("item-knn")
        self.assert_error(self.run_akin("similar", "model.akin", "--item", "i1", "--minus", "i2", code=2), "no vectors")

    def test_filters_and_sums(self):
        self.make_bundle("als", "model.akin", "--factors", "4")
        result = self.run_json("similar", "model.akin", "--item", "i1", "--plus", "i3", "--filter", "category=Kettles")
        self.assertTrue(result["similar"])
        for entry in result["similar"]:
            self.assertEqual(int(entry["item"][1:]) % 2, 0)

    def test_analogies(self):
        source = self.make_vectors()
        self.write("q.txt", ": capitals\nfrance paris italy rome\nItaly Rome France Paris\n: odd\nfrance paris mud rome\n"
                            "france paris spain madrid\n")
        result = self.run_json("similar", source, "--analogies", "q.txt")
        first, second = result["sections"]
        self.assertEqual((first["name"], first["correct"], first["questions"], first["skipped"]), ("capitals", 2, 2, 0))
        self.assertEqual((second["questions"], second["skipped"]), (1, 1))
        self.assertEqual(result["total"]["questions"], 3)
        self.search(r"capitals +2 +2 +100", self.run_akin("similar", source, "--analogies", "q.txt").out)
        self.write("bad.txt", ": s\na b c\n")
        self.assert_error(self.run_akin("similar", source, "--analogies", "bad.txt", code=1), r"bad\.txt:2: 3 words")

    def test_embed(self):
        source = self.make_vectors()
        result = self.run_json("encode", source, "--text", "Paris, Rome and New York!")
        self.assertEqual((result["words"], result["unknown"]), (5, 3))
        self.assertEqual(result["vector"], [0.5, 0.5, 1])
        done = self.run_akin("encode", source, "--text", "Paris xyz")
        self.assertEqual(done.out, "1 0 1\n")
        self.search(r"1 of 2 words have no vector: xyz", done.err)
        near = self.run_json("encode", source, "--text", "paris", "-k", "2")
        self.assertEqual(near["similar"][0]["item"], "paris")
        self.write("lines.txt", "paris rome\n\nnothing\nitaly\n")
        done = self.run_json("encode", source, "--lines", "lines.txt", "-o", "out.npy", "--to", "npy")
        self.assertEqual((done["rows"], done["dim"], done["without_vector"], done["unknown_words"]), (4, 3, 2, ["nothing"]))
        self.assertEqual(json.loads((self.dir / "out.npy.ids.json").read_text()), ["1", "2", "3", "4"])
        values = array.array("f", (self.dir / "out.npy").read_bytes()[-4 * 3 * 4:]).tolist()
        self.assertEqual(values, [0.5, 0.5, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        self.assertIn("1,0.5,0.5,1", self.run_akin("encode", source, "--lines", "lines.txt", "-o", "-").out)
        self.assert_error(self.run_akin("encode", source, "--text", "x", "-o", "y", code=2), "-o is for")
        self.assert_error(self.run_akin("encode", source, code=2), "name one input")
        self.assert_error(self.run_akin("encode", source, "--text", "x", "--weighting", "men", code=2), "mean")

    def test_ids_of_any_bytes_in_word2vec_files(self):
        rows = [(f"u{n}", item, 3, n * 10 + k, "t", "c") for n in range(23)
                for k, item in enumerate(["two words", "tab\there", "100%", "plain", "é x"])]
        self.write("events.csv", csv_text(rows))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data")
        self.run_akin("train", "als", "-d", "events.data", "-o", "model.akin", "--factors", "3", "--holdout", "none", "--quiet")
        for to in ("word2vec", "word2vec-bin"):
            self.run_akin("export", "model.akin", "--to", to, "-o", "v", "--escape")
            for item in ("two words", "tab\there", "100%", "plain", "é x"):
                with self.subTest(item):
                    from_file = self.run_json("similar", "v", "--item", item, "--plus", item)
                    self.assertEqual(len(from_file["similar"]), 4)

    def test_models_of_texts(self):
        words = [("good", "these strings last and sound great"), ("bad", "they broke at once, what a waste")]
        lines = [f"{label}\t{text} {number % 7}\n" for number in range(40) for label, text in words]
        self.write("reviews.tsv", "".join(lines) + "\nbad\t\n")
        done = self.run_akin("text", "train", "text-linear", "--data", "reviews.tsv", "-o", "r.text")
        self.search(r"learned from 80 texts of 2 classes", done.out)
        self.search(r"left out 1 blank lines and 1 labels without a text", done.err)
        crossed = self.run_json("text", "evaluate", "text-linear", "--data", "reviews.tsv", "--folds", "4", "--html", "r.html")
        self.assertEqual((crossed["texts"], len(crossed["folds"])), (80, 4))
        self.assertEqual(crossed["confusion"], [[40, 0], [0, 40]])
        self.assertEqual(crossed["metrics"]["accuracy"]["value"], 1)
        self.assertIn("Confusion matrix", (self.dir / "r.html").read_text())
        self.search(r"accuracy +1\.0000", self.run_akin("text", "evaluate", "r.text", "--data", "reviews.tsv").out)
        self.write("other.tsv", "neither\tstrings\n")
        self.write("new.txt", "what a waste\n\ngreat sound\n")
        found = self.run_json("text", "predict", "r.text", "--lines", "new.txt")["predictions"]
        self.assertEqual([len(found), found[0]["class"], found[2]["class"]], [3, "bad", "good"])
        self.assertAlmostEqual(sum(found[0]["probabilities"].values()), 1, places=5)
        table = self.run_akin("text", "predict", "r.text", "--lines", "new.txt").out.splitlines()
        self.assertEqual([table[0], len(table)], ["class,p(good),p(bad)", 4])
        why = self.run_json("text", "explain", "r.text", "--text", "What a WASTE of strings", "--class", "bad")
        self.assertAlmostEqual(why["score"], why["base"] + sum(part["adds"] for part in why["parts"]), places=5)
        self.assertIn("a WASTE", [part["text"] for part in why["parts"]])
        telling = self.run_json("text", "explain", "r.text", "-k", "3")["telling"]
        self.assertEqual([len(telling["good"]), len(telling["bad"])], [3, 3])
        self.assertEqual(len(self.run_json("encode", "r.text", "--text", "great sound")["vector"]), 1)
        self.run_akin("encode", "r.text", "--lines", "new.txt", "-o", "v.csv")
        self.assert_error(self.run_akin("text", "explain", "r.text", "--text", "x", "--class", "goood", code=1), "did you mean")
        self.assert_error(self.run_akin("text", "train", "text-liner", "--data", "reviews.tsv", "-o", "x", code=2), "text-linear")
        self.assert_error(self.run_akin("text", "evaluate", "r.text", "--data", "other.tsv", code=1), "is none of those learned")
        self.assert_error(self.run_akin("text", "predict", "r.text", code=2), "name one input")
        self.assert_error(self.run_akin("encode", "r.text", "-d", "x.data", "--add-to", "m.akin", code=1), "no such file")
        self.assert_error(self.run_akin("encode", "r.text", "--add-to", "m.akin", code=2), "--data is missing")

    def test_predictions_need_no_labels(self):
        self.write("t.tsv", "good\tgreat sound\nbad\tbroke at once\n" * 20)
        self.run_akin("text", "train", "text-linear", "--data", "t.tsv", "-o", "t.text", "--quiet")
        for name, content, remark in (("new.csv", "id,text\n7,great sound\n8,\n9,it broke\n", "the texts are those of column text"),
                                      ("new.jsonl", '{"text": "great sound"}\n{"text": ""}\n{"text": "it broke"}\n', ""),
                                      ("new.tsv", "good\tgreat sound\nbad\t\n?\tit broke\n", "before the first tab of a line is its label"),
                                      ("label.csv", "text,label\ngreat sound,bad\n,bad\nit broke,good\n", "the labels, column label, are left out"),
                                      ("blank.txt", "good great sound\nbad\nbad it broke\n", "the first word of each line is a label"),
                                      ("plain.txt", "great sound\n-\nit broke\n", "each line is a text without a label")):
            with self.subTest(name):
                self.write(name, content)
                done = self.run_akin("text", "predict", "t.text", "--data", name)
                classes = [line.split(",")[0] for line in done.out.splitlines()]
                self.assertEqual((len(classes), classes[1], classes[3]), (4, "good", "bad"))
                self.search(remark, done.err)

    @unittest.skipUnless((pathlib.Path(AKIN).parent / "libakin_nn_torch.so").exists(), "built without nets")
    def test_a_net_of_three_texts(self):
        self.write("three.tsv", "good\tgreat\nbad\tawful\nbad\tbroken\n")
        self.run_akin("text", "train", "text-cnn", "--data", "three.tsv", "-o", "n.text", "--epochs", "2", "--filters", "2")
        self.assertEqual(len(self.run_json("text", "predict", "n.text", "--text", "great")["predictions"]), 1)
        self.assert_error(self.run_akin("text", "explain", "n.text", code=2), "explain a text-linear")

    @unittest.skipUnless((pathlib.Path(AKIN).parent / "libakin_nn_torch.so").exists(), "built without nets")
    def test_an_interrupted_net_keeps_its_last_epoch(self):
        self.write("t.tsv", "".join(f"good\tgreat sound {n}\nbad\tbroke at once {n}\n" for n in range(100)))
        args = ["text", "train", "text-cnn", "--data", "t.tsv", "-o", "n.text", "--epochs", "100000", "--filters", "2",
                "--factors", "4", "--validation-share", "0", "--checkpoint", "c", "--resume"]
        for remark in ("no checkpoint yet", r"resumed after epoch \d+"):
            before = (self.dir / "c").stat().st_mtime_ns if (self.dir / "c").exists() else 0
            process = subprocess.Popen([AKIN, *args], cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            end = time.monotonic() + 60
            while time.monotonic() < end and process.poll() is None:
                if (self.dir / "c").exists() and (self.dir / "c").stat().st_mtime_ns > before:
                    break
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            sent = time.monotonic()
            err = process.communicate(timeout=60)[1]
            self.assertLess(time.monotonic() - sent, 10)
            self.assertEqual(process.returncode, 143)
            self.search(remark, err)
            self.search(r"text-cnn: 200 texts, \d+ words, \d+ weights; training needs about .*B of memory", err)
            self.assertEqual([(self.dir / name).exists() for name in ("c", "n.text")], [True, False])
        self.assert_error(self.run_akin(*args, "--dropout", "0.2", "--quiet", code=1), "c: is a checkpoint of another fit")
        self.assert_error(self.run_akin(*args[:-3], "--resume", code=2), "name the file with --checkpoint")

    def test_numbers_from_json(self):
        self.write("r.jsonl", "".join(json.dumps({"overall": 1 + n % 5, "review": {"text": f"word{n % 5} and more"}}) + "\n" for n in range(50)))
        flags = ("--data", "r.jsonl", "--text-field", "review.text", "--numbers")
        self.run_akin("text", "train", "text-linear", *flags, "-o", "n.text", "--regularization", "0.1")
        predicted = self.run_json("text", "predict", "n.text", "--text", "word4")["predictions"][0]["number"]
        self.assertGreater(predicted, 3.9)
        self.assert_error(self.run_akin("text", "explain", "n.text", "--text", "x", "--class", "4", code=2), "leave --class out")
        result = self.run_json("text", "evaluate", "text-linear", *flags, "--folds", "5")
        self.assertLess(result["metrics"]["RMSE"]["value"], result["constant"])
        self.assert_error(self.run_akin("text", "train", "text-linear", "--data", "r.jsonl", "-o", "x", "--text-column", "reviews.text",
                                        code=2), "did you mean review.text")

    def test_regression_on_content_explains_by_words(self):
        rows = [(f"u{n}", f"i{k}", 5 if (n + k) % 2 == 0 else 2, n * 10 + k, f"{'kettle' if k % 2 == 0 else 'knife'} number{k}", "c")
                for n in range(12) for k in range(6)]
        self.write("events.csv", csv_text(rows))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data")
        self.run_akin("train", "content-ridge", "-d", "events.data", "-o", "m.akin", "--holdout", "none")
        for item in self.run_json("explain", "m.akin", "--user", "u0", "--item", "i2")["items"]:
            self.assertAlmostEqual(item["score"], item["without_words"] + sum(word["adds"] for word in item["words"]), places=3)
            self.assertIn("kettle", [word["word"] for word in item["words"]])
        self.search("the same score by words:", self.run_akin("explain", "m.akin", "--user", "u0", "--item", "i2").out)

    def test_a_net_on_words(self):
        self.write("t.tsv", "".join(f"{'good' if n % 2 else 'bad'}\t{'fine' if n % 2 else 'poor'} thing {n % 5}\n" for n in range(40)))
        flags = ["--epochs", "30", "--filters", "8", "--factors", "8", "--threads", "1", "--patience", "0"]
        self.run_akin("text", "train", "text-cnn", "--data", "t.tsv", "-o", "net.text", *flags)
        self.assertEqual(self.run_json("text", "evaluate", "net.text", "--data", "t.tsv")["metrics"]["accuracy"]["value"], 1)
        self.run_akin("text", "train", "text-cnn", "--data", "t.tsv", "-o", "same.text", *flags)
        self.assertEqual((self.dir / "net.text").read_bytes(), (self.dir / "same.text").read_bytes())

    def test_ratings_from_reviews(self):
        rows = [(f"u{u}", f"i{i}", 5 if (u + i) % 2 else 1, u * 20 + i, f"thing{i} {'great' if (u + i) % 2 else 'awful'}")
                for u in range(12) for i in range(10)]
        self.write("events.csv", csv_text(rows, "user,item,value,time,text"))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data")
        flags = ["--epochs", "2", "--factors", "4", "--filters", "4", "--word-factors", "4"]
        self.run_akin("train", "deepconn", "-d", "events.data", "-o", "m.akin", *flags)
        self.assertEqual(len(self.run_json("recommend", "m.akin", "--user", "u3", "-k", "3", "--include-seen")["items"]), 3)
        self.write("bare.csv", csv_text([row[:4] for row in rows], "user,item,value,time"))
        self.run_akin("import", "csv", "bare.csv", "-o", "bare.data")
        self.assert_error(self.run_akin("train", "deepconn", "-d", "bare.data", "-o", "x", code=1), "learns from reviews")


if __name__ == "__main__":
    unittest.main()
