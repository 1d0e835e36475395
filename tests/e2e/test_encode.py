"""Encoders beside a model, items without events, nets that start from vectors: content from import to answer."""
import json
import unittest

from harness import AkinTest, tiny_events

TITLES = {"k1": "steel kettle", "k2": "glass kettle", "k3": "copper kettle", "c1": "bread knife", "c2": "steak knife",
          "red": "red steel kettle"}  # nobody has bought "red"


class EncodeTest(AkinTest):
    def setUp(self):
        super().setUp()
        items = [i for i in TITLES if i != "red"]
        rows = [f"u{u},{items[(u + n) % 5]},{1000 + 10 * n + u}\n" for u in range(9) for n in range(3)]
        self.write("events.csv", "user,item,time\n" + "".join(rows))
        self.write("items.csv", "item,title,price\n" + "".join(f"{i},{t},5\n" for i, t in TITLES.items()))
        self.run_akin("import", "csv", "events.csv", "--items", "items.csv", "-o", "events.data", "--quiet")
        self.run_akin("train", "als", "-d", "events.data", "--factors", 2, "-o", "als.akin", "--quiet")

    def test_an_encoder_beside_a_model_of_events(self):
        self.assert_error(self.run_akin("similar", "als.akin", "--text", "kettle", code=2), "--add-to BUNDLE")
        before = self.run_json("recommend", "als.akin", "--user", "u1")
        done = self.run_akin("encode", "tfidf", "-d", "events.data", "--add-to", "als.akin", "--fields", "title")
        self.search(r"encoder: tfidf, \d+ dimensions, hash \w+\nadded to als.akin as tfidf: 6 items\n", done.out)
        self.assertEqual(self.run_json("recommend", "als.akin", "--user", "u1"), before)
        text = self.run_json("similar", "als.akin", "--text", "red kettle", "-k", 1)
        self.assertEqual(text["similar"][0]["item"], "red")
        self.write("new.json", json.dumps({"id": "n", "title": "small knife", "price": "5 or 6"}))
        new = self.run_akin("similar", "als.akin", "--new-item", "new.json", "-k", 2)
        self.search("knife", new.out)
        self.search("price '5 or 6' of item 1 is no number", new.err)
        self.run_akin("encode", "bm25", "-d", "events.data", "--add-to", "als.akin", "--part", "b", "--quiet")
        self.assert_error(self.run_akin("similar", "als.akin", "--text", "kettle", code=2), "--part: b, tfidf")
        self.assert_error(self.run_akin("similar", "als.akin", "--item", "k1", "--part", "tfdif", code=1),
                          "did you mean tfidf")
        self.assertEqual(self.run_json("similar", "als.akin", "--item", "red", "-k", 1, "--part", "b")["similar"][0]["item"],
                         "k1")
        self.assert_error(self.run_akin("encode", "als.akin", "--new-items", "new.json", "-o", "-", code=2), "--part: b, tfidf")
        self.run_akin("encode", "als.akin", "--part", "b", "-d", "events.data", "-o", "v.csv")
        self.assertEqual((self.dir / "v.csv").read_text().count("\n"), 7)

    def test_kinds_searches_and_groups_of_items(self):
        self.run_akin("train", "prod2vec", "-d", "events.data", "--factors", 4, "--epochs", 2, "--sample", 0, "-o", "p.akin", "--quiet")
        found = self.run_json("similar", "p.akin", "--item", "k1", "--kind", "complement")["complement"]
        self.assertTrue(found and "k1" not in {entry["item"] for entry in found})
        self.search("substitutes of k1  steel kettle:", self.run_akin("similar", "p.akin", "--item", "k1", "--kind", "substitute").out)
        done = self.run_akin("similar", "p.akin", "--all-items", "--index", "lsh", "-k", 3, "-o", "s.tsv")  # all 16 buckets of each table
        self.search(r"lsh found 100\S* % of the 3 nearest of \d items, and scored \d of 6 items for a list; its tables take", done.err)
        done = self.run_akin("cluster", "p.akin", "-d", "events.data", "-o", "g.data", "--levels", 2, "--clusters", 2)
        self.search(r"wrote g.data: \d items with semantic_id, at most \d alike", done.out)
        self.search(r"items with semantic_id \(list:\|\)", self.run_akin("describe", "g.data").out)
        self.assert_error(self.run_akin("cluster", "p.akin", "-d", "g.data", "-o", "x", code=2), "--attribute")
        self.assert_error(self.run_akin("similar", "als.akin", "--item", "k1", "--kind", "complement", code=2), "prod2vec")
        self.assert_error(self.run_akin("similar", "p.akin", "--user", "u1", "--index", "lsh", code=2), "--all-items")
        self.assert_error(self.run_akin("similar", "p.akin", "--item", "k1", "--kind", "complements", code=2), "did you mean complement")

    def test_a_trained_model_of_texts_is_an_encoder(self):
        self.write("kinds.tsv", "kettle\ta steel kettle\nkettle\ta kettle\nknife\ta knife\nknife\tbread knife\npan\ta pan\npan\tthe pan\n")
        self.run_akin("text", "train", "text-linear", "--data", "kinds.tsv", "-o", "kinds.text", "--quiet")
        done = self.run_akin("encode", "kinds.text", "-d", "events.data", "--add-to", "als.akin", "--part", "kinds")
        self.search(r"encoder: text-model, 3 dimensions, hash \w+\nadded to als.akin as kinds: 6 items\n", done.out)
        (self.dir / "kinds.text").rename(self.dir / "away")  # the bundle needs the file no more
        knives = lambda result: {entry["item"] for entry in result["similar"]}
        self.assertEqual(knives(self.run_json("similar", "als.akin", "--text", "my knife", "-k", 2)), {"c1", "c2"})
        self.write("new.json", json.dumps({"id": "n", "title": "small knife"}))
        self.assertEqual(knives(self.run_json("similar", "als.akin", "--new-item", "new.json", "-k", 2)), {"c1", "c2"})
        (self.dir / "away").rename(self.dir / "kinds.text")
        self.run_akin("encode", "kinds.text", "-d", "events.data", "--fields", "title", "--whiten", "-o", "v.csv", "--save", "k.enc")
        self.run_akin("encode", "k.enc", "--new-items", "new.json", "-o", "new.csv")
        self.assertEqual((self.dir / "v.csv").read_text().count("\n"), 7)
        for model in ("content-ridge", "content-logistic"):
            self.run_akin("train", model, "-d", "events.data", "-o", "m.akin", "--encoder", "text-model", "--file", "kinds.text", "--quiet")
            self.assertEqual(knives(self.run_json("similar", "m.akin", "--text", "my knife", "-k", 2)), {"c1", "c2"})
        self.assert_error(self.run_akin("train", "content-ridge", "-d", "events.data", "-o", "x", "--file", "kinds.text", "--quiet", code=2),
                          "tfidf reads no file; take encoder=text-model")
        self.assert_error(self.run_akin("train", "content-pretrained", "-d", "events.data", "-o", "x", "--file", "kinds.text", "--quiet", code=1),
                          "take encoder text-model")
        self.assert_error(self.run_akin("encode", "text-model", "-d", "events.data", "-o", "x", code=2), "`akin text train` writes it")

    def test_wrong_ways_to_add_an_encoder(self):
        encode = ["encode", "tfidf", "-d", "events.data"]
        for flags, code, pattern in ((["-o", "x", "--add-to", "als.akin"], 2, "takes the place of -o"),
                                     (["-o", "x", "--part", "p"], 2, "--part is for --add-to"),
                                     ([], 2, "-o, or a bundle with --add-to"),
                                     (["--add-to", "als.akin", "--part", "a b"], 2, "letters, digits"),
                                     (["--add-to", "none.akin"], 1, "none.akin: no such file"),
                                     (["--add-to", "als.akin", "--fields", "titel"], 1, "did you mean title")):
            with self.subTest(flags):
                self.assert_error(self.run_akin(*encode, *flags, code=code), pattern)
        self.assert_error(self.run_akin("encode", "tfdif", "-d", "events.data", "--add-to", "als.akin", code=2),
                          "did you mean tfidf")
        self.write("items.csv", "item,title,price\n" + "".join(f"{i},x {t},5\n" for i, t in TITLES.items()))
        self.run_akin("import", "csv", "events.csv", "--items", "items.csv", "-o", "retitled.data", "--quiet")
        self.assert_error(self.run_akin("encode", "tfidf", "-d", "retitled.data", "--add-to", "als.akin", code=1),
                          "the attribute title of its items is another")
        self.make_data("other.data")
        self.assert_error(self.run_akin("encode", "tfidf", "-d", "other.data", "--add-to", "als.akin", code=1),
                          "is not the data set that the model was trained on")

    def test_items_without_events_are_ranked_where_asked_for(self):
        for which, protocol in (("all", "all 5 items ranked"), ("catalogue", "all 6 items of the catalogue ranked")):
            self.search(protocol, self.run_akin("evaluate", "als.akin", "--candidates", which).out)
        self.assert_error(self.run_akin("evaluate", "als.akin", "--candidates", "cold", code=1),
                          "9 held-out events are of items with training events.*--holdout cold-items")
        self.run_akin("train", "als", "-d", "events.data", "--factors", 2, "-o", "cold.akin", "--holdout", "cold-items:0.4")
        out = self.run_akin("evaluate", "cold.akin", "--candidates", "cold", "--auc", "--ties", "random").out
        self.search("the 3 items without training events ranked", out)
        self.search(r"AUC +0\.5000", out)  # it knows nothing of any of them

    def test_updates_place_new_items_and_keep_parts(self):
        self.run_akin("encode", "tfidf", "-d", "events.data", "--add-to", "als.akin", "--fields", "title", "--quiet")
        self.write("more.csv", "user,item,time\nu1,red,5000\n")
        self.write("new.csv", "item,title,price\npan,steel pan,9\nred,red steel kettle,5\n")
        self.run_akin("import", "csv", "more.csv", "--items", "new.csv", "-o", "more.data", "--quiet")
        out = self.run_akin("update", "als.akin", "-d", "more.data", "-o", "als2.akin").out
        self.search("1 new event, 0 new users, 1 new item,", out)
        self.search("1 new item without events", out)
        found = self.run_json("similar", "als2.akin", "--item", "pan", "-k", 1, "--part", "tfidf")
        self.assertEqual(found["similar"][0]["item"], "k1")
        self.write("retitled.csv", "item,title,price\nk1,glass knife,9\n")
        self.write("more.csv", "user,item,time\nu1,red,6000\n")
        self.run_akin("import", "csv", "more.csv", "--items", "retitled.csv", "-o", "retitled.data", "--quiet")
        self.run_akin("update", "als2.akin", "-d", "retitled.data", "-o", "als3.akin")
        found = self.run_json("similar", "als3.akin", "--item", "k1", "-k", 1, "--part", "tfidf")
        self.assertEqual(found["similar"][0]["item"], "k2")

    def test_reviews_in_updates(self):
        review = "item,user,time,text\n" + "".join(f"{i},u{n},{n},word{n} kettle\n" for n, i in enumerate("abcde"))
        self.write("r.csv", review + "a,v,9,word4\nb,v,8,word3\n")
        self.write("new.csv", "item,user,time,text\nnew,u1,99,word1\n")
        for name in ("r", "new"):
            self.run_akin("import", "csv", f"{name}.csv", "--text", "text", "-o", f"{name}.data", "--quiet")
        train = lambda model, *flags: self.run_akin("train", model, "-d", "r.data", "-o", "m", "--holdout", "none", "--quiet", *flags)
        train("content-tfidf", "--fields", "reviews")
        self.assert_error(self.run_akin("update", "m", "-d", "new.data", "-o", "n", code=2),
                          "learned from reviews, which a bundle does not hold: train it again")
        train("popularity")
        self.run_akin("encode", "tfidf", "-d", "r.data", "--add-to", "m", "--fields", "reviews", "--quiet")
        self.run_akin("update", "m", "-d", "new.data", "-o", "n", "--quiet")
        found = self.run_json("similar", "n", "--item", "new", "-k", 1, "--part", "tfidf")
        self.assertEqual(found["similar"][0]["item"], "b")

    def test_embeddings_of_nets_for_pairs(self):
        train = ["train", "gmf", "-d", "events.data", "--epochs", 2, "--factors", 2, "--quiet", "-o"]
        export = lambda bundle: self.run_akin("export", bundle, "--to", "csv", "-o", "-").out
        self.run_akin(*train, "learned.akin")
        self.run_akin(*train, "hot.akin", "--embedding", "one-hot")
        self.assertEqual(export("hot.akin"), export("learned.akin"))
        self.run_akin(*train, "free.akin", "--embedding", "pretrained=als.akin")
        self.run_akin(*train, "frozen.akin", "--embedding", "pretrained=als.akin,freeze")
        frozen = export("frozen.akin").splitlines()
        self.assertEqual(frozen[:6], export("als.akin").splitlines()[:6])
        self.assertNotEqual(frozen[:6], export("free.akin").splitlines()[:6])
        self.assert_error(self.run_akin(*train, "x", "--embedding", "pretrained=", code=2), "pretrained=FILE")
        self.assert_error(self.run_akin("train", "als", "-d", "events.data", "-o", "x", "--embedding", "one-hot", code=2),
                          "unknown flag --embedding")


class FuseTest(AkinTest):
    """A fused model of sources of every kind, and the commands that take it."""

    SOURCES = ["tfidf fields=title", "look: vectors file=v.csv", "bundle file=svd.akin", "kind: attributes fields=category",
               "map factors=4"]
    SMALL = ["--dimensions", 4, "--queries", 40, "--negatives", 10, "--quiet"]

    def fuse(self, sources, *flags, **kwargs):
        given = [part for source in sources for part in ("--source", source)]
        return self.run_akin("fuse", "-d", "events.data", *given, *self.SMALL, "-o", "f.akin", *flags, **kwargs)

    def test_sources_of_every_kind(self):
        self.make_data()
        self.run_akin("train", "svd", "-d", "events.data", "--factors", 4, "-o", "svd.akin", "--quiet")
        self.run_akin("encode", "tfidf", "-d", "events.data", "--fields", "title", "--svd", 5, "-o", "v.csv", "--quiet")
        done = json.loads(self.fuse(self.SOURCES, "--holdout", "cold-items:0.2", "--candidates", "cold", "--ablation", "full",
                                    "--splits", 2, "--html", "f.html", "--json").out)
        arms = [row["model"] for row in done["ablation"]["models"]]
        self.assertEqual(len(arms), 5 + 10 + 5 + 3, arms)
        self.assertEqual([source["name"] for source in done["sources"]], ["tfidf", "look", "bundle", "kind", "map"])
        self.assertEqual([source["kind"] for source in done["sources"]][2], "svd")
        self.assertEqual(done["sources"][2]["items"], 16)  # events, which a fifth of the items have lost
        self.assertTrue(0 < done["found"]["0"]["better"] <= 1, done["found"])
        self.search("How well these events were found", (self.dir / "f.html").read_text())

        self.assertEqual(self.run_json("evaluate", "f.akin")["model"], "fused")
        why = self.run_json("explain", "f.akin", "--user", "u3", "-k", 2)["items"][0]
        self.assertAlmostEqual(sum(source["adds"] for source in why["sources"]), why["score"], 4)
        self.write("new.json", json.dumps({"id": "n", "title": "another odd thing"}))
        new = self.run_json("similar", "f.akin", "--new-item", "new.json", "-k", 3)
        known = {source["source"]: source["known"] for source in new["sources"]}
        self.assertEqual(known, {"tfidf": True, "look": False, "bundle": False, "kind": False, "map": True})
        self.assertTrue(all("odd" in entry["title"] for entry in new["similar"]), new)
        self.assertAlmostEqual(sum(source["adds"] for source in new["similar"][0]["sources"]), new["similar"][0]["score"], 4)
        self.search(r"known to 2 of 5 sources, with \d+ % of their weight\nmeasured inside the training set on \d+ events",
                    self.run_akin("similar", "f.akin", "--new-item", "new.json").out)
        self.run_akin("export", "f.akin", "--what", "items", "--to", "csv", "-o", "items.csv", "--quiet")
        self.assertEqual((self.dir / "items.csv").read_text().count("\n"), 21)
        self.run_akin("forget", "u3", "--from", "f.akin")
        self.assert_error(self.run_akin("explain", "f.akin", "--user", "u3", code=1), "u3")

        self.make_data("more.data", tiny_events() + [("u1", "new", 5, 1_500_000_000, "odd novelty", "Garden|Tools")])
        self.assert_error(self.run_akin("update", "f.akin", "-d", "more.data", "-o", "g.akin", "--quiet", code=2),
                          r"source look: only `akin fuse` reads the files of such sources \(vectors\)")

    def test_a_model_of_the_catalogue(self):
        self.make_data()
        sources = ["--sources", "tfidf fields=title; svd factors=4; map factors=4"]
        self.run_akin("train", "fused", "-d", "events.data", *sources, *self.SMALL, "-o", "f.akin")
        self.make_data("more.data", tiny_events() + [("u1", "new", 5, 1_500_000_000, "odd novelty", "Garden|Tools")])
        self.run_akin("update", "f.akin", "-d", "more.data", "-o", "g.akin", "--quiet")
        self.assertEqual(self.run_json("similar", "g.akin", "--item", "new", "-k", 3)["item"], "new")
        self.write("fused.toml", 'sources = "tfidf fields=title; svd factors=4; map factors=4"\nqueries = 40\n')
        compared = self.run_json("compare", "-d", "events.data", "--models", "popularity,fused", "--quiet")
        self.assertEqual({row["model"] for row in compared["models"]}, {"popularity", "fused"})

if __name__ == "__main__":
    unittest.main()
