"""More events for a trained model, vectors to begin with, and reasons for recommendations."""
import unittest

from harness import AkinTest, csv_text, models, needed_flags, tiny_events

QUICK = ["--factors", "8"]


def has_factors(model):
    return any(param["name"] == "factors" for param in model["params"])


class UpdateTest(AkinTest):
    def import_rows(self, name, rows):
        self.write(f"{name}.csv", csv_text(rows))
        self.run_akin("import", "csv", f"{name}.csv", "-o", f"{name}.data", "--quiet")

    def setUp(self):
        super().setUp()
        rows = tiny_events()
        self.old = [row for row in rows if row[0] != "u29" and row[1] != "i19"]
        self.new = [("u3", "i5", 5, 1_500_000_000, "Thing 5, renamed", "Garden|Tools")]
        self.new += [row for row in rows if row[0] == "u29" or row[1] == "i19"]
        self.import_rows("old", self.old)
        self.import_rows("new", self.new)
        self.import_rows("all", self.old + self.new)

    def train(self, model, *flags):
        self.run_akin("train", model, "-d", "old.data", "-o", "old.akin", "--quiet", *flags)

    def test_every_model_learns_new_users_items_and_titles(self):
        for model in models():
            with self.subTest(model["name"]):
                self.train(model["name"], *(QUICK if has_factors(model) else []), *needed_flags(model))
                result = self.run_json("update", "old.akin", "-d", "new.data", "-o", "new.akin")
                self.assertEqual((result["new_users"], result["new_items"]), (1, 1))
                self.assertEqual(result["new_events"], len(self.new))
                self.assertEqual(result["updates"], 1)
                items = self.run_json("recommend", "new.akin", "--user", "u29", "-k", "3")
                self.assertEqual(len(items["items"]), 3)
                self.assertIsNone(items["fallback"])
                everything = self.run_json("recommend", "new.akin", "--user", "u3", "-k", "20", "--include-seen")
                titles = {entry["item"]: entry["title"] for entry in everything["items"]}
                self.assertEqual(titles["i5"], "Thing 5, renamed")
                self.assertIn("i19", titles)

    def test_held_out_events_stay_held_out_though_they_come_again(self):
        self.train("als", *QUICK)
        before = self.run_json("evaluate", "old.akin")
        result = self.run_json("update", "old.akin", "-d", "all.data", "-o", "new.akin")
        self.assertEqual(result["new_events"], len(self.new))
        self.assertEqual(result["known_events"], len(self.old))
        after = self.run_json("evaluate", "new.akin")
        self.assertEqual(before["evaluation"]["lists"], after["evaluation"]["lists"])

    def test_nothing_new(self):
        self.train("als", *QUICK)
        before = (self.dir / "old.akin").stat()
        out = self.run_akin("update", "old.akin", "-d", "old.data", "-o", "./old.akin").out
        self.assertEqual(out, f"nothing new for als: all {len(self.old)} events are known already (training or held out)\n")
        self.assertEqual((self.dir / "old.akin").stat(), before)
        done = self.run_akin("update", "old.akin", "-d", "old.data", "-o", "old.akin", "--epochs", "2")
        self.search("the model stays as it is, whatever epochs", done.err)
        self.search(r"nothing new .*\nwrote copy\.akin, a copy\n",
                    self.run_akin("update", "old.akin", "-d", "old.data", "-o", "copy.akin").out)
        self.assertEqual((self.dir / "copy.akin").read_bytes(), (self.dir / "old.akin").read_bytes())
        result = self.run_json("update", "old.akin", "-d", "old.data", "-o", "copy.akin")
        self.assertEqual((result["how"], result["new_events"], result["known_events"], result["updates"]),
                         ("nothing new", 0, len(self.old), 0))

    def test_without_passes_only_new_rows_change(self):
        self.train("als", *QUICK)
        self.run_akin("update", "old.akin", "-d", "new.data", "-o", "new.akin", "--epochs", "0", "--quiet")
        old = self.run_json("recommend", "old.akin", "--user", "u4", "-k", "18", "--include-seen")["items"]
        new = self.run_json("recommend", "new.akin", "--user", "u4", "-k", "20", "--include-seen")["items"]
        old = {entry["item"]: entry["score"] for entry in old}
        new = {entry["item"]: entry["score"] for entry in new}
        if not any(row[0] == "u4" for row in self.new):
            for item, score in old.items():
                self.assertEqual(new[item], score)
        self.assertIn("i19", new)

    def test_parameters_can_change_but_not_the_length(self):
        self.train("als", *QUICK)
        result = self.run_json("update", "old.akin", "-d", "new.data", "-o", "new.akin", "--set", "regularization=0.5")
        self.assertEqual(result["params"]["regularization"], "0.5")
        self.assertEqual(result["params"]["epochs"], "15", "the next update takes a fifth of it again")
        done = self.run_akin("update", "old.akin", "-d", "new.data", "-o", "x.akin", "--set", "factors=9", code=2)
        self.assert_error(done, "length 8 instead of 9")
        self.assertNotIn("x.akin", self.files())

    def test_wrong_use(self):
        self.train("item-knn")
        done = self.run_akin("update", "old.akin", "-d", "new.data", "-o", "x.akin", "--epochs", "2", code=2)
        self.assert_error(done, "item-knn cannot continue from what it has learned")
        done = self.run_akin("update", "old.akin", "-d", "new.data", "-o", "x.akin", "--set", "neighbours=3", code=2)
        self.assert_error(done, "neighbors")
        self.assert_error(self.run_akin("update", "old.data", "-d", "new.data", "-o", "x.akin", code=1), "old.data")
        self.assert_error(self.run_akin("update", "old.akin", "-d", "nil.data", "-o", "x.akin", code=1), "nil.data")


class InitItemsTest(AkinTest):
    def test_exported_vectors_are_where_training_begins(self):
        self.make_bundle("als", "first.akin", *QUICK)
        for to, name in (("csv", "v.csv"), ("npy", "v.npy"), ("word2vec", "v.txt"), ("word2vec-bin", "v.bin"),
                         ("safetensors", "v.st")):
            self.run_akin("export", "first.akin", "--to", to, "-o", name, "--quiet")
            done = self.run_akin("train", "als", "-d", "events.data", "-o", "second.akin", "--init-items", name,
                                 "--epochs", "0", *QUICK)
            self.search(r"vectors of 20 of 20 items", done.err)
            self.run_akin("export", "second.akin", "--to", to, "-o", "again", "--quiet")
            self.assertEqual((self.dir / "again").read_bytes(), (self.dir / name).read_bytes(), to)
        self.run_akin("train", "als", "-d", "events.data", "-o", "second.akin", "--init-items", "first.akin", *QUICK)

    def test_wrong_vectors(self):
        self.make_data()
        self.write("v.csv", "id,d0,d1\ni1,1,2\ni2,3\n")
        train = ["train", "als", "-d", "events.data", "-o", "x.akin", "--init-items", "v.csv"]
        self.assert_error(self.run_akin(*train, "--quiet", code=1), r"v\.csv:3: the vector of 'i2' has 1 numbers")
        self.write("v.csv", "id,d0,d1\ni1,1,2\n")
        self.assert_error(self.run_akin(*train, "--quiet", code=2), "length 2, but the model has 64 factors; set factors=2")
        self.write("v.csv", "id,d0,d1\nother,1,2\n")
        self.assert_error(self.run_akin(*train, "--quiet", code=1), "none of its 1 ids is an item")
        self.assertNotIn("x.akin", self.files())


class ExplainTest(AkinTest):
    def test_every_model_that_can_explains(self):
        self.make_data()
        for model in models():
            with self.subTest(model["name"]):
                self.run_akin("train", model["name"], "-d", "events.data", "-o", "m.akin", "--quiet",
                              *(QUICK if has_factors(model) else []), *needed_flags(model))
                if not model["explains"]:
                    done = self.run_akin("explain", "m.akin", "--user", "u3", code=2)
                    self.assert_error(done, "cannot explain its scores; these models can: .*item-knn")
                    continue
                text = self.run_akin("explain", "m.akin", "--user", "u3", "-k", "2").out
                self.search(r"i\d+  Thing \d+.*  score -?\d+\.\d+\n +[+-]\d+\.\d+  (i\d|base)", text)
                for query in (["--user", "u3"], ["--history", "i2,i4"], ["--user", "u3", "--history", "i2"]):
                    result = self.run_json("explain", "m.akin", *query, "-k", "3", "--causes", "2")
                    self.assertEqual(len(result["items"]), 3)
                    for item in result["items"]:
                        total = item["base"] + item["other_causes"]["adds"] + sum(c["adds"] for c in item["causes"])
                        self.assertAlmostEqual(total, item["score"], delta=1e-3 * (1 + abs(item["score"])))
                one = self.run_json("explain", "m.akin", "--user", "u3", "--item", "i7")
                self.assertEqual([item["item"] for item in one["items"]], ["i7"])

    def test_wrong_use(self):
        self.make_bundle("item-knn")
        self.assert_error(self.run_akin("explain", "model.akin", code=2), "say for whom")
        self.assert_error(self.run_akin("explain", "model.akin", "--user", "nobody", code=1), "nobody")
        self.assert_error(self.run_akin("explain", "model.akin", "--user", "u1", "--item", "i99", code=1), "i99")


if __name__ == "__main__":
    unittest.main()
