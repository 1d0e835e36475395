"""From a table to recommendations, with every model; --config; --seed; --json."""
import json
import unittest

from harness import AkinTest, csv_text, models, needed_flags, tiny_events

QUICK = {"als": ["--factors", "8"], "bpr": ["--factors", "8"], "mf-sgd": ["--factors", "8"]}


class FlowTest(AkinTest):
    def test_import_says_what_it_did_and_what_comes_next(self):
        self.write("events.csv", csv_text(tiny_events()))
        out = self.run_akin("import", "csv", "events.csv", "-o", "events.data").out
        self.search(r"rejected +0 lines", out)
        self.search(r"kept +30 users, 20 items, 240 events", out)
        self.search(r"\nNext: akin describe events\.data\n +akin compare -d events\.data", out)

    def test_describe(self):
        self.make_data()
        out = self.run_akin("describe", "events.data", "--html", "page.html").out
        self.search(r"240", out)
        page = (self.dir / "page.html").read_text()
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        self.assertNotRegex(page, r"(src|href)=\"?https?:")
        result = self.run_json("describe", "events.data")
        self.assertEqual((result["users"], result["items"], result["events"]), (30, 20, 240))

    def test_every_model_goes_the_whole_way(self):
        self.make_data()
        for model in models():
            name = model["name"]
            with self.subTest(name):
                bundle = f"{name}.akin"
                out = self.run_akin("train", name, "-d", "events.data", "-o", bundle, *QUICK.get(name, []), *needed_flags(model)).out
                self.search(rf"trained {name} on 210 events in .*, 30 held out \(last\)", out)
                self.search(rf"akin recommend {bundle} --user", out)
                out = self.run_akin("evaluate", bundle).out
                for metric in ("HR", "Recall", "Precision", "NDCG", "MAP", "MRR"):
                    self.search(metric, out)
                self.assertEqual("RMSE" in out, model["predicts_ratings"])
                out = self.run_akin("recommend", bundle, "--user", "u3", "-k", "4").out
                self.search(r"last items of u3, latest first:\n  i\d+  Thing \d+", out)
                self.search(r"\n +1  i\d+ +-?\d+\.\d+(e-\d+)?  Thing", out)
                result = self.run_json("recommend", bundle, "--history", "i2,i4", "-k", "3")
                self.assertEqual(len(result["items"]), 3)
                self.assertFalse({"i2", "i4"} & {entry["item"] for entry in result["items"]})

    def test_similar_items(self):
        self.make_bundle("item-knn")
        out = self.run_akin("similar", "model.akin", "--item", "i2", "-k", "3").out
        self.search(r"\Asimilar to i2  Thing 2, the even:\n", out)
        result = self.run_json("similar", "model.akin", "--item", "i2", "-k", "3")
        self.assertEqual([entry["rank"] for entry in result["similar"]], [1, 2, 3])
        for entry in result["similar"]:  # who likes an even thing likes even things
            self.assertIn("the even", entry["title"])
        self.make_bundle("popularity", "popular.akin")
        self.assert_error(self.run_akin("similar", "popular.akin", "--item", "i2", code=2), "cannot find similar")

    def test_filters_exclusion_and_seen_items(self):
        self.make_bundle()
        everything = self.run_json("recommend", "model.akin", "--user", "u3", "-k", "100", "--include-seen")
        self.assertEqual(len(everything["items"]), 20)
        unseen = self.run_json("recommend", "model.akin", "--user", "u3", "-k", "100")
        seen = {entry["item"] for entry in everything["items"]} - {entry["item"] for entry in unseen["items"]}
        self.assertTrue({entry["item"] for entry in unseen["last_items"]} <= seen)
        kettles = self.run_json("recommend", "model.akin", "--user", "u3", "-k", "100", "--filter", "category=kettles")
        self.assertTrue(kettles["items"])
        self.assertTrue(all("even" in entry["title"] for entry in kettles["items"]))
        best = unseen["items"][0]["item"]
        self.write("exclude.txt", f"{best}\nnobody-knows-this\n")
        rest = self.run_json("recommend", "model.akin", "--user", "u3", "-k", "100", "--exclude", "exclude.txt")
        self.assertEqual(rest["items"][0]["item"], unseen["items"][1]["item"])

    def test_fallback_to_popularity_is_said(self):
        self.make_data(rows=tiny_events() + [("lonely", "i3", 5, 1_500_000_000, "", "")])
        self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--holdout", "time:0.001", "--quiet")
        self.search(r"als knows nothing of this user: these are the most popular items",
                    self.run_akin("recommend", "m", "--user", "lonely").out)
        self.assertEqual(self.run_json("recommend", "m", "--user", "lonely")["fallback"], "popularity")

    def test_batches(self):
        self.make_bundle()
        self.run_akin("recommend", "model.akin", "--all-users", "-o", "all.tsv", "-k", "3", "--threads", "3")
        lines = (self.dir / "all.tsv").read_text().splitlines()
        self.assertEqual(lines[0], "user\titem\trank\tscore")
        self.assertEqual(len(lines), 1 + 30 * 3)
        single = self.run_json("recommend", "model.akin", "--user", "u7", "-k", "3")
        self.assertEqual([line.split("\t")[1] for line in lines if line.startswith("u7\t")],
                         [entry["item"] for entry in single["items"]])
        order = list(dict.fromkeys(line.split("\t")[0] for line in lines[1:]))
        self.run_akin("recommend", "model.akin", "--all-users", "-o", "one.tsv", "-k", "3", "--threads", "1")
        self.assertEqual((self.dir / "one.tsv").read_bytes(), (self.dir / "all.tsv").read_bytes())
        done = self.run_akin("recommend", "model.akin", "--all-users", "-o", "-", "--json", "-k", "2")
        objects = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual([entry["user"] for entry in objects], order)
        self.run_akin("similar", "model.akin", "--all-items", "-o", "similar.tsv", "-k", "2")
        self.assertEqual(len((self.dir / "similar.tsv").read_text().splitlines()), 1 + 20 * 2)

    def test_compare(self):
        self.make_data()
        done = self.run_akin("compare", "-d", "events.data", "--models", "popularity,mf-sgd", "--html", "c.html")
        self.search(r"popularity", done.out)
        self.search(r"RMSE", done.out)
        self.assertIn("mf-sgd", (self.dir / "c.html").read_text())
        self.assertNotIn("RMSE", self.run_akin("compare", "-d", "events.data", "--models", "popularity,als").out)
        result = self.run_json("compare", "-d", "events.data", "--models", "als", "--set", "als.factors=3")
        self.assertEqual(result["models"][0]["params"]["factors"], "3")
        everything = self.run_json("compare", "-d", "events.data", "--models", "all")
        self.assertEqual([row["model"] for row in everything["models"]],
                         [model["name"] for model in models() if not needed_flags(model)])

    def test_compare_reports_a_failing_model_and_goes_on(self):
        self.make_data()
        done = self.run_akin("compare", "-d", "events.data", "--models", "mf-sgd,popularity", "--set",
                             "mf-sgd.learning_rate=1", "--set", "mf-sgd.epochs=200", "--set",
                             "mf-sgd.regularization=0", code=1)
        self.search(r"mf-sgd: failed: .+", done.out)
        self.search(r"popularity +0\.\d+", done.out)

    def test_evaluate_and_compare_agree(self):
        self.make_bundle()
        alone = self.run_json("evaluate", "model.akin", "--cutoffs", "10")["evaluation"]["metrics"]
        table = self.run_json("compare", "-d", "events.data", "--models", "als", "--cutoffs", "10")
        self.assertEqual(table["models"][0]["evaluation"]["metrics"], alone)


class ProtocolTest(AkinTest):
    # protocol, (training, validation, history, test) events of 30 users with 8 events each and 20 items
    PROTOCOLS = {
        "last": (180, 30, 0, 30),
        "user-ratio:0.25": (120, 60, 0, 60),  # round(.25 x 8) = 2 of each user, then round(.25 x 6) = 2
        "user-time:0.25": (120, 60, 0, 60),
        "time:0.25": (135, 45, 0, 60),
        "fold:1/4": (120, 60, 0, 60),
        "sessions:0.1": (192, 21, 6, 21),  # 3 sessions, then round(2.7) = 3
        "cold-users:0.1": (192, 12, 24, 12),
    }

    def test_sizes(self):
        self.make_data()
        for protocol, (train, validation, history, test) in self.PROTOCOLS.items():
            with self.subTest(protocol):
                args = ["train", "popularity", "-d", "events.data", "-o", "m", "--holdout", protocol]
                both = self.run_json(*args, "--validation")
                self.assertEqual([both[f"{part}_events"] for part in ("training", "validation", "history", "held_out")],
                                 [train, validation, history, test])
                self.assertEqual(both["holdout"], protocol)
                alone = self.run_json(*args)
                self.assertEqual((alone["validation_events"], alone["held_out_events"]), (0, test))
                self.assertEqual(sum(alone[f"{part}_events"] for part in ("training", "history", "held_out")), 240)
                evaluation = self.run_json("evaluate", "m")["evaluation"]
                self.assertEqual(evaluation["test_events"], test)

    def test_what_is_known_is_said_and_not_recommended(self):
        self.make_data()
        out = self.run_akin("train", "item-knn", "-d", "events.data", "-o", "m", "--holdout", "cold-users:0.1").out
        self.search(r"trained item-knn on 216 events .*, 12 held out \(cold-users:0\.1\)\n"
                    r"not trained on but known: 0 validation, 12 history events\n", out)
        self.make_bundle("item-knn", "m", "--validation")
        have = {row[1] for row in sorted(tiny_events(), key=lambda row: row[3])[:-1] if row[0] == "u3"}
        test = [row[1] for row in tiny_events() if row[0] == "u3"][-1]
        answer = self.run_json("recommend", "m", "--user", "u3", "-k", "100")
        self.assertFalse((have - {test}) & {entry["item"] for entry in answer["items"]})

    def test_prefix_and_target(self):
        self.write("train.txt", "a b c\nb c d\na c d\n")
        self.write("test.txt", "a b\td\na\tc\n")
        self.run_akin("import", "lists", "train.txt", "test.txt", "-o", "d", "--user", "line", "--ordered", "yes",
                      "--target", "last", "--quiet")
        trained = self.run_json("train", "item-knn", "-d", "d", "-o", "m")
        self.assertEqual((trained["holdout"], trained["training_events"], trained["history_events"],
                          trained["held_out_events"]), ("given", 9, 3, 2))
        evaluation = self.run_json("evaluate", "m", "--cutoffs", "2")["evaluation"]
        self.assertEqual((evaluation["users"], evaluation["fallback_users"]), (2, 0))
        asked = self.run_json("recommend", "m", "--user", "4")
        self.assertEqual([entry["item"] for entry in asked["last_items"]], ["b", "a"])
        self.assertEqual({entry["item"] for entry in asked["items"]}, {"c"})  # d, which is held out, is what they have

    def test_the_default_fits_the_data_and_is_said(self):
        rows = sorted({(f"u{user}", f"i{(user * 7 + k * k) % 23}") for user in range(30) for k in range(1 + user % 6)})
        self.write("plain.csv", csv_text(rows, "user,item"))
        self.run_akin("import", "csv", "plain.csv", "-o", "plain.data", "--quiet")
        counts = {user: sum(row[0] == user for row in rows) for user, _ in rows}
        few = sum(count < 3 for count in counts.values())
        said = (r"held out: 20 of \d+ events, of 20 of 30 users \(user-ratio:0\.2, by default: the events have neither times nor "
                rf"order\)\nthe other {few} users have fewer than 3 events\n")
        self.assertEqual(few, 10)
        self.search(said, self.run_akin("train", "item-knn", "-d", "plain.data", "-o", "m").out)
        self.search(r"\A" + said, self.run_akin("compare", "-d", "plain.data", "--models", "popularity").out)
        self.search(r"validation: \d+ of \d+ events, of \d+ of 30 users \(user-ratio:0\.2, by default",
                    self.run_akin("tune", "ease", "-d", "plain.data", "-o", "t.toml", "--trials", "1").out)
        result = self.run_json("compare", "-d", "plain.data", "--models", "popularity")
        self.assertEqual((result["holdout"], result["splits"][0]["users"], result["splits"][0]["held_out_users"]),
                         (["user-ratio:0.2"], 30, 20))
        asked = self.run_akin("train", "item-knn", "-d", "plain.data", "-o", "m", "--holdout", "last").out
        self.search(r"of 25 of 30 users \(last\)\nthe other 5 users have fewer than 2 events\n", asked)
        lines = [f"s{session},i{(session + k) % 9},{1_400_000_000 + 90_000 * session + 60 * k}"
                 for session in range(30) for k in range(3)]
        self.write("sessions.csv", "SessionId,ItemId,Time\n" + "\n".join(lines) + "\n")
        self.run_akin("import", "sessions", "sessions.csv", "-o", "sessions.data", "--quiet")
        self.search(r"\(sessions:0\.1, by default: nearly all users are there for a day only, as in sessions\)",
                    self.run_akin("compare", "-d", "sessions.data", "--models", "popularity").out)
        self.write("baskets.csv", "user,item,time\n" + "\n".join(f"b{n // 4},i{n % 7},{1_400_000_000 + n // 4 * 90_000}"
                                                               for n in range(80)) + "\n")
        self.run_akin("import", "csv", "baskets.csv", "-o", "baskets.data", "--quiet")
        self.search(r"\(user-ratio:0\.2, by default: all events of most users have the same time, as in baskets\)",
                    self.run_akin("compare", "-d", "baskets.data", "--models", "popularity").out)

    def test_lists_show_an_order_and_no_1970(self):
        self.write("lists.txt", "".join(f"u{n} i{n % 3} i{n % 5 + 3} i{n % 7 + 8}\n" for n in range(20)))
        self.run_akin("import", "lists", "lists.txt", "--ordered", "yes", "-o", "lists.data", "--quiet")
        shown = self.run_akin("describe", "lists.data", "--html", "page.html").out
        self.search(r"time +none, but each user's events are in order", shown)
        compared = self.run_akin("compare", "-d", "lists.data", "--models", "popularity", "--html", "compare.html").out
        self.search(r"\(last, by default: each user's events are in order\)", compared)
        described = self.run_json("describe", "lists.data")
        self.assertEqual((described["positions"], described["first_time"], described["events_by_month"]), (True, None, {}))
        pages = [(self.dir / name).read_text() for name in ("page.html", "compare.html")]
        for text in (shown, compared, json.dumps(described), *pages):
            self.assertNotIn("1970", text)

    def test_wrong_protocols(self):
        self.make_data()
        for holdout, pattern in (("lasst", r"unknown holdout 'lasst' \(did you mean last"),
                                 ("fold", r"such as fold:1/5"), ("folds:5", r"several splits.*fold:1/5"),
                                 ("user-time:7", r"such as user-time:0\.2")):
            with self.subTest(holdout):
                done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--holdout", holdout, code=2)
                self.assert_error(done, pattern)
        done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--holdout", "none", "--validation",
                             "--quiet", code=2)
        self.assert_error(done, "validation")
        self.write("places.txt", "a b c\nb c d\na c d\n")
        self.run_akin("import", "lists", "places.txt", "-o", "d", "--user", "line", "--ordered", "yes", "--quiet")
        done = self.run_akin("train", "popularity", "-d", "d", "-o", "m", "--holdout", "time", "--quiet", code=1)
        self.assert_error(done, "positions in each user's list.*user-time")

    def test_compare_with_validation_scores_the_same_events(self):
        self.make_data()
        tables = [self.run_json("compare", "-d", "events.data", "--models", "popularity", *flags)["models"][0]
                  for flags in ([], ["--validation"])]
        self.assertEqual(*[table["evaluation"]["test_events"] for table in tables])


class ComparisonTest(AkinTest):
    def test_cross_validation_and_several_data_sets(self):
        self.make_data()
        folds = self.run_json("compare", "-d", "events.data", "--models", "popularity,als", "--holdout", "folds:3")
        self.assertEqual(folds["holdout"], ["fold:1/3", "fold:2/3", "fold:3/3"])
        whole = folds["models"][1]["evaluation"]
        parts = [self.run_json("compare", "-d", "events.data", "--models", "als", "--holdout", fold)["models"][0]["evaluation"]
                 for fold in folds["holdout"]]
        self.assertEqual(whole["test_events"], 240)
        users = [part["users"] for part in parts]
        mean = sum(n * part["metrics"]["NDCG@5"]["value"] for n, part in zip(users, parts)) / sum(users)
        self.assertAlmostEqual(whole["metrics"]["NDCG@5"]["value"], mean)
        low, high = whole["metrics"]["NDCG@5"]["interval"]
        self.assertTrue(low <= mean <= high)
        twice = self.run_json("compare", "-d", "events.data", "-d", "events.data", "--models", "als", "--holdout", "fold:1/3")
        self.assertEqual(twice["models"][0]["evaluation"]["users"], 2 * users[0])
        self.assertTrue(whole["protocol"].startswith("3 splits pooled; "))

    def test_winner_tests_and_page(self):
        self.make_data()
        self.run_akin("compare", "-d", "events.data", "--models", "popularity,als,bpr", "--patience", "2", "--html", "c.html")
        page = (self.dir / "c.html").read_text()
        for part in ("NDCG@10", "by popularity of the held-out item", "Item coverage@10", "on validation events after each epoch",
                     "Items as "):
            self.assertIn(part, page)
        result = self.run_json("compare", "-d", "events.data", "--models", "popularity,als")
        test = next(test for test in result["tests"] if test["metric"] == "NDCG@10")
        self.assertEqual(test["best"], "als")
        self.assertTrue(test["significant"])  # tastes by parity, which popularity cannot know
        self.assertLess(test["rivals"][0]["adjusted_p"], 0.05)

    def test_evaluation_flags(self):
        self.make_bundle()
        done = self.run_akin("evaluate", "model.akin", "--candidates", "uniform:3", "--resamples", "0")
        self.search(r"held-out items ranked against 3 sampled negatives per list \(uniform\)", done.out)
        self.assertNotIn("[", done.out)
        self.search(r"seen items included", self.run_akin("evaluate", "model.akin", "--include-seen").out)
        result = self.run_json("evaluate", "model.akin", "--auc", "--liked", "3", "--accuracy-only")["evaluation"]
        self.assertIn("AUC", result["metrics"])
        self.assertIn("AUC(liked)", result["metrics"])
        self.assertNotIn("coverage@10", result["metrics"])
        for flags, pattern in ((["--candidates", "some:3"], "none of all, catalogue, cold, uniform:N"), (["--resamples", "-1"], "resamples"),
                               (["--liked", "x"], "liked")):
            with self.subTest(flags):
                self.assert_error(self.run_akin("evaluate", "model.akin", *flags, code=2), pattern)

    def test_sessions_are_predicted_event_by_event(self):
        self.make_bundle("popularity", "model.akin", "--holdout", "sessions:0.5")
        result = self.run_json("evaluate", "model.akin")["evaluation"]
        self.assertEqual((result["users"], result["lists"], result["test_events"]), (15, 105, 105))
        self.assertTrue(result["protocol"].startswith("each event predicted from those before it"))


class ReproductionTest(AkinTest):
    def test_same_seed_same_bundle(self):
        self.make_data()
        results = []
        for seed, threads in ((1, 1), (1, 2), (2, 1)):
            self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--seed", seed, "--threads", threads, "--quiet")
            results.append(self.run_json("recommend", "m", "--user", "u1"))
        self.assertEqual(results[0], results[1])
        self.assertNotEqual(results[0], results[2])


class ConfigTest(AkinTest):
    def test_configuration_file(self):
        self.make_data()
        self.write("als.toml", 'factors = 5\niterations = 2\ndata = "events.data"\nout = "m"\nreport_loss = true\nseed = 7\n')
        result = self.run_json("train", "als", "--config", "als.toml")
        self.assertEqual((result["params"]["factors"], result["params"]["report_loss"], result["seed"]), ("5", "true", 7))
        result = self.run_json("train", "als", "--config", "als.toml", "--factors", "6", "--no-report-loss")
        self.assertEqual((result["params"]["factors"], result["params"]["report_loss"]), ("6", "false"))

    def test_lists(self):
        self.make_bundle()
        self.write("r.toml", 'history = ["i2", "i4"]\nfilter = ["category=Kettles"]\ntop = 2\n')
        result = self.run_json("recommend", "model.akin", "--config", "r.toml")
        self.assertEqual((result["history"], len(result["items"])), (["i2", "i4"], 2))

    def test_wrong_files(self):
        self.make_data()
        for content, pattern in (("factor = 5\n", r"c\.toml: unknown key 'factor' \(did you mean factors"),
                                 ("factors = \n", r"c\.toml:1: not TOML"),
                                 ("[als]\nfactors = 3\n", r"c\.toml:1: als: tables are not used here"),
                                 ('factors = "x"\n', r"factors: 'x' is not a whole number")):
            with self.subTest(content):
                self.write("c.toml", content)
                done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--config", "c.toml", code=2)
                self.assert_error(done, pattern)
        self.assert_error(self.run_akin("describe", "events.data", "--config", "none.toml", code=1), "none.toml")


class QuietTest(AkinTest):
    def test_where_remarks_go(self):
        self.make_data()
        args = ["train", "popularity", "-d", "events.data", "-o", "m"]
        self.search(r"30 users, 20 items, 240 events; needs about", self.run_akin(*args).err)
        self.assertEqual(self.run_akin(*args, "--quiet").err, "")
        done = self.run_akin("train", "als", "-d", "events.data", "-o", "m", "--log-json", "--report-loss")
        lines = [json.loads(line) for line in done.err.splitlines()]
        self.assertTrue(lines)
        self.assertTrue(all({"phase", "done", "seconds"} <= line.keys() for line in lines))
        self.assertEqual(lines[-1]["done"], lines[-1]["total"])


if __name__ == "__main__":
    unittest.main()
