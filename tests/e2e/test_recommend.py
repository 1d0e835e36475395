"""What a shop asks for: unknown ids, ids with commas, many users, filters, limits, files, requests as lines, updates in place."""
import csv
import io
import json
import subprocess
import unittest

from harness import AKIN, AkinTest, csv_text, tiny_events


def shop_events():
    """Rows (user, item, kind, time, price, brand, category); ids hold commas and blanks."""
    rows = []
    for user, item, _, time, _, category in tiny_events():
        number = int(item[1:])
        kind = "purchase" if (time // 1000) % 2 else "view"
        rows.append((f"User {user}", f"{item}, blue", kind, time, 5 * number, f"b{number % 3}", category))
    return rows


class RecommendTest(AkinTest):
    def make_shop(self, model="item-knn", *flags):
        self.write("shop.csv", csv_text(shop_events(), "user,item,kind,time,price,brand,category"))
        self.run_akin("import", "csv", "shop.csv", "-o", "shop.data", "--quiet")
        self.run_akin("train", model, "-d", "shop.data", "-o", "shop.akin", "--quiet", *flags)

    def items(self, *args, **kwargs):
        return [entry["item"] for entry in self.run_json("recommend", "shop.akin", *args, **kwargs)["items"]]

    def test_unknown_ids_are_left_out_with_a_remark(self):
        self.make_shop()
        done = self.run_akin("recommend", "shop.akin", "--history", "i2, blue,brandnew", "-k", "3")
        self.search(r"1 of 2 items of the history left out, of which the model knows nothing: brandnew", done.err)
        self.assertEqual(self.items("--history", "i2, blue,brandnew"), self.items("--history", "i2, blue"))
        done = self.run_akin("recommend", "shop.akin", "--user", "User u33")
        self.search(r"user User u33 is unknown \(did you mean User u3.*\?\): taken for a new one", done.err)
        self.search(r"these are the most popular items", done.out)
        answer = self.run_json("recommend", "shop.akin", "--user", "nobody")
        self.assertEqual((answer["fallback"], answer["unknown"]["user"]), ("popularity", True))
        self.write("exclude", "zzz\ni2, blue\n")
        done = self.run_akin("recommend", "shop.akin", "--user", "User u1", "--exclude", "exclude")
        self.search(r"1 of 2 items to exclude are unknown: zzz", done.err)
        for args in (["--user", "nobody"], ["--history", "i2, blue,new"], ["--user", "User u1", "--exclude", "exclude"]):
            self.assert_error(self.run_akin("recommend", "shop.akin", "--strict", *args, code=1), "unknown (user|item) '")

    def test_ids_written_in_another_way(self):
        rows = [(f"{17850 + int(user[6:])}.0", item, kind) for user, item, kind, *_ in shop_events()]
        self.write("shop.csv", csv_text(rows, "user,item,kind"))
        self.run_akin("import", "csv", "shop.csv", "-o", "shop.data", "--quiet")
        self.run_akin("train", "item-knn", "-d", "shop.data", "-o", "shop.akin", "--quiet")
        self.search(r"user 17851 is unknown \(did you mean 17851\.0\?\)",
                    self.run_akin("recommend", "shop.akin", "--user", "17851").err)
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "017851", "--strict", code=1),
                          r"unknown user '017851' \(did you mean 17851\.0\?\)")
        self.write("users", ' 17851.0 \n"17852.0"\n')
        self.write("exclude", '"i2, blue"\n i4, blue\t\n')
        done = self.run_akin("recommend", "shop.akin", "--users", "users", "--exclude", "exclude", "-k", "99", "--json")
        self.assertNotIn("unknown", done.err + done.out)
        for answer in json.loads(done.out):
            self.assertFalse({"i2, blue", "i4, blue"} & {item["item"] for item in answer["items"]})

    def test_ids_with_commas(self):
        self.make_shop()
        wanted = self.items("--history", "i2, blue", "--history", "i4, blue")
        self.assertEqual(self.items("--history", "i2, blue,i4, blue"), wanted)
        self.assertEqual(self.items("--history", '"i2, blue","i4, blue"'), wanted)
        self.assertFalse({"i2, blue", "i4, blue"} & set(wanted))

    def test_held_out_events_are_masked(self):
        self.make_shop("popularity")
        self.run_akin("train", "popularity", "-d", "shop.data", "-o", "whole.akin", "--holdout", "none", "--quiet")
        for user in ("User u1", "User u5", "User u12"):
            whole = {entry["item"] for entry in self.run_json("recommend", "whole.akin", "--user", user, "-k", "99")["items"]}
            self.assertEqual(set(self.items("--user", user, "-k", "99")), whole)

    def test_many_users(self):
        self.make_shop()
        self.write("users", "User u4\nnobody\nUser u2\n")
        both = self.run_json("recommend", "shop.akin", "--user", "User u4", "--user", "User u2", "-k", "3")
        self.assertEqual([answer["user"] for answer in both], ["User u4", "User u2"])
        answers = self.run_json("recommend", "shop.akin", "--users", "users", "-k", "3")
        self.assertEqual([answers[0], answers[2]], both)
        self.assertEqual(answers[1]["fallback"], "popularity")
        text = self.run_akin("recommend", "shop.akin", "--users", "users", "-k", "3").out
        self.search(r"(?s)\Auser User u4\n.*\n\nuser nobody\nitem-knn knows nothing.*\n\nuser User u2\n", text)
        done = self.run_akin("recommend", "shop.akin", "--users", "users", "-k", "3", "-o", "lists.csv")
        self.search(r"1 of 3 users are unknown", done.err)
        rows = list(csv.DictReader(io.StringIO((self.dir / "lists.csv").read_text())))
        self.assertEqual([(row["user"], row["item"]) for row in rows],
                         [(answer["user"], item["item"]) for answer in answers for item in answer["items"]])
        self.assertEqual([row["rank"] for row in rows], ["1", "2", "3"] * 3)
        self.run_akin("recommend", "shop.akin", "--all-users", "-k", "1", "-o", "all.csv")
        self.assertEqual(len((self.dir / "all.csv").read_text().splitlines()), 31)
        self.run_akin("recommend", "shop.akin", "--users", "users", "-k", "3", "-o", "LISTS.CSV")
        self.assertEqual((self.dir / "LISTS.CSV").read_text(), (self.dir / "lists.csv").read_text())
        self.run_akin("recommend", "shop.akin", "--users", "users", "-k", "3", "-o", "lists.jsonl")
        lines = [json.loads(line) for line in (self.dir / "lists.jsonl").read_text().splitlines()]
        self.assertEqual([line.get("unknown") for line in lines], [answer.get("unknown") for answer in answers])
        self.assertTrue(lines[1]["unknown"]["user"])
        self.assert_error(self.run_akin("recommend", "shop.akin", "--users", "users", "--user", "x", code=2), "choose one")
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "a", "-o", "x.csv", "--json", code=2), "CSV")

    def test_filters_and_limits(self):
        self.make_shop()
        answer = self.items("--history", "i2, blue", "-k", "99", "--filter", "price<50", "--filter", "brand in b0,B1")
        self.assertTrue(answer)
        numbers = [int(item[1:].split(",")[0]) for item in answer]
        self.assertTrue(all(5 * number < 50 and number % 3 in (0, 1) for number in numbers), numbers)
        everything = self.items("--user", "User u1", "-k", "99")
        limited = self.items("--user", "User u1", "-k", "5", "--at-most", "2:brand")
        expected, taken = [], {}
        for item in everything:
            brand = int(item[1:].split(",")[0]) % 3
            taken[brand] = taken.get(brand, 0) + 1
            if taken[brand] <= 2 and len(expected) < 5:
                expected.append(item)
        self.assertEqual(limited, expected)
        similar = self.run_json("similar", "shop.akin", "--item", "i2, blue", "-k", "99", "--filter", "price>=50")
        self.assertTrue(similar["similar"])
        self.assertTrue(all(int(row["item"][1:].split(",")[0]) >= 10 for row in similar["similar"]))
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "User u1", "--filter", "price<cheap", code=2),
                          "'cheap' is no number")
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "User u1", "--filter", "price=", code=2),
                          "'price=' has an empty value: items without the attribute meet no condition")
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "User u1", "--at-most", "brand", code=2),
                          "COUNT:ATTRIBUTE")

    def test_mask_kinds(self):
        self.make_shop("popularity", "--holdout", "none")
        rows = [row for row in shop_events() if row[0] == "User u3"]
        bought = {row[1] for row in rows if row[2] == "purchase"}
        viewed = {row[1] for row in rows} - bought
        self.assertTrue(bought and viewed)
        answer = set(self.items("--user", "User u3", "-k", "99", "--mask-kinds", "purchase"))
        self.assertFalse(answer & bought)
        self.assertLessEqual(viewed, answer)
        self.assert_error(self.run_akin("recommend", "shop.akin", "--user", "User u3", "--mask-kinds", "cart", code=1),
                          "no event is of the kind cart; there are: view, purchase")

    def test_requests_as_lines_are_answered_one_by_one(self):
        self.make_shop()
        server = subprocess.Popen([AKIN, "recommend", "shop.akin", "--serve-lines", "-k", "2"], cwd=self.dir,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ask(request):
            server.stdin.write((request if isinstance(request, str) else json.dumps(request)) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        single = self.run_json("recommend", "shop.akin", "--user", "User u1", "-k", "2")
        self.assertEqual(ask({"user": "User u1"}), single)
        self.assertIn("not a JSON text", ask("{")["error"])
        self.assertIn("no attribute", ask({"filters": ["prise<3"]})["error"])
        answer = ask({"history": ["i2, blue"], "k": 3, "filters": ["price<50"], "exclude": ["i4, blue"]})
        self.write("exclude", "i4, blue\n")
        self.assertEqual([entry["item"] for entry in answer["items"]],
                         self.items("--history", "i2, blue", "-k", "3", "--filter", "price<50", "--exclude", "exclude"))
        server.stdin.write('\n{"k": 1}')  # without a line end
        server.stdin.close()
        self.assertEqual(len(json.loads(server.stdout.readline())["items"]), 1)
        self.assertEqual(server.stdout.read(), "")
        self.assertEqual(server.wait(), 0)
        server.stdout.close()

    def test_times_of_a_history(self):
        rows = [("u1", "a", 1_700_000_000), ("u1", "b", 1_700_000_060), ("u2", "c", 1_700_000_000), ("u2", "d", 1_700_000_060)]
        self.write("shop.csv", csv_text(rows, "user,item,time"))
        self.run_akin("import", "csv", "shop.csv", "-o", "shop.data", "--quiet")
        self.run_akin("train", "sequence-rules", "-d", "shop.data", "-o", "shop.akin", "--quiet", "--holdout", "none",
                      "--session-gap", "3600")
        asked = ["--history", "a,c", "-k", "1", "--include-seen"]
        self.assertEqual(self.items(*asked, "--history-times", "2024-01-01,2024-01-02"), ["d"])
        self.assertEqual(self.items(*asked[:1], "c,a", *asked[2:], "--history-times", "1700000000,1700090000"), ["b"])
        line = json.dumps({"history": ["c", "a"], "history_times": ["2024-01-01", "2024-01-02"], "at": 1704153600, "k": 1})
        answer = json.loads(self.run_akin("recommend", "shop.akin", "--serve-lines", stdin=line + "\n").out)
        self.assertEqual(answer["items"][0]["item"], "b")
        for flags, pattern in ((["--history", "a,c", "--history-times", "2024-01-01"], "2 items and 1 times"),
                               (["--history", "a,c", "--history-times", "2024-01-02,2024-01-01"], "item 2 is earlier"),
                               (["--user", "u1", "--history-times", "2024-01-01"], "--history"),
                               (["--history", "a", "--at", "soon"], "--at")):
            done = self.run_akin("recommend", "shop.akin", *flags, code=2)
            self.assert_error(done, pattern)

    def test_attributes_of_a_history(self):
        rows = [(f"u{u}", f"i{(u + step) % 5}", 1_700_000_000 + step, ("phone", "desktop")[(u * step) % 2])
                for u in range(20) for step in range(4)]
        self.write("shop.csv", csv_text(rows, "user,item,time,device"))
        self.run_akin("import", "csv", "shop.csv", "-o", "shop.data", "--quiet", "--event-attributes", "device")
        self.run_akin("train", "sasrec", "-d", "shop.data", "-o", "shop.akin", "--quiet", "--holdout", "none", "--inputs", "device",
                      "--epochs", "3", "--factors", "8", "--learning-rate", "0.01")
        def scores(*flags):
            done = self.run_akin("recommend", "shop.akin", "--history", "i0,i1", "--include-seen", "--json", *flags)
            return [item["score"] for item in json.loads(done.out)["items"]], done
        phone, _ = scores("--history-attribute", "device=phone")
        self.assertEqual(phone, scores("--history-attribute", "device=phone,phone")[0])
        self.assertNotEqual(phone, scores("--history-attribute", "device=phone,desktop")[0])
        untold, _ = scores()
        watch, done = scores("--history-attribute", "device=watch")
        self.assertEqual(watch, untold)
        self.assertEqual(json.loads(done.out)["unknown"]["history_attributes"], ["device=watch"])
        line = json.dumps({"history": ["i0", "i1"], "history_attributes": {"device": "phone"}, "include_seen": True})
        answer = json.loads(self.run_akin("recommend", "shop.akin", "--serve-lines", stdin=line + "\n").out)
        self.assertEqual([item["score"] for item in answer["items"]], phone)
        for flags, pattern in ((["--history", "i0", "--history-attribute", "phone"], "NAME=VALUE"),
                               (["--user", "u1", "--history-attribute", "device=phone"], "--history"),
                               (["--history", "i0,i1,i2", "--history-attribute", "device=a,b"], "3 items and 2 values of device")):
            self.assert_error(self.run_akin("recommend", "shop.akin", *flags, code=2), pattern)
        done = self.run_akin("train", "sasrec", "-d", "shop.data", "-o", "x.akin", "--inputs", "devise", code=2)
        self.assert_error(done, "did you mean device")

    def test_answers_about_vectors_have_real_names(self):
        self.make_shop("als", "--factors", "4")
        self.run_akin("export", "shop.akin", "--to", "word2vec", "--escape", "-o", "v.txt")
        answer = self.run_json("similar", "v.txt", "--item", "i2, blue", "-k", "3")
        self.assertTrue(all(row["item"].endswith(", blue") for row in answer["similar"]), answer)
        self.assertEqual(self.run_json("similar", "v.txt", "--item", "i2,%20blue", "-k", "3"), answer)
        self.write("plain.txt", "3 1\n100%25 1\n50% 1\nx 0.5\n")  # not written with --escape: 50% would be 50%25
        self.assertIn("100%25", self.run_akin("similar", "plain.txt", "--item", "x").out)

    def test_final_is_for_use_and_keeps_the_figures(self):
        self.make_shop("als", "--factors", "4", "--epochs", "3")
        out = self.run_akin("train", "als", "-d", "shop.data", "-o", "shop.akin", "--factors", "4", "--epochs", "3").out
        self.search(r"\n +akin train als -d shop.data -o shop.akin --factors 4 --epochs 3 --final ", out)
        figures = self.run_json("evaluate", "shop.akin")
        trained = self.run_akin("train", "als", "-d", "shop.data", "-o", "f.akin", "--factors", "4", "--epochs", "3", "--final")
        self.search(r"measured first: trained on 210 events, 30 held-out events of \d+ users ranked \(last\), HR@10 \d",
                    trained.out)
        self.search(r"trained als on 240 events in .*, 0 held out \(none\)", trained.out)
        self.search(r"Next: akin recommend f.akin", trained.out)
        kept = self.run_json("evaluate", "f.akin")
        self.assertEqual(kept["holdout"], "last")
        self.assertEqual(kept["final"], {"measured_after_training_events": 210, "training_events": 240})
        for name in ("users", "metrics", "protocol"):
            self.assertEqual(kept["evaluation"][name], figures["evaluation"][name])
        done = self.run_akin("evaluate", "f.akin", "--html", "f.html")
        self.search(r"\Amodel: als, trained on all 240 events; before that it was measured, trained on 210 events\n", done.out)
        self.assert_error(self.run_akin("evaluate", "f.akin", "--cutoffs", "5", "--auc", code=2),
                          r"f\.akin: --cutoffs, --auc cannot be followed: after `akin train --final` nothing is held out")
        self.run_akin("train", "als", "-d", "shop.data", "-o", "whole.akin", "--factors", "4", "--epochs", "3", "--holdout", "none")
        whole = self.run_json("recommend", "whole.akin", "--user", "User u1")
        self.assertEqual(self.run_json("recommend", "f.akin", "--user", "User u1"), whole)
        self.assert_error(self.run_akin("train", "als", "-d", "shop.data", "-o", "x", "--final", "--holdout", "none", code=2),
                          "--final measures on held-out events")

    def test_predictions_of_pairs(self):
        self.make_bundle("mf-sgd", "m.akin", "--factors", "3")
        answer = self.run_json("predict", "m.akin", "--user", "u1", "--user", "new", "--item", "i1", "--item", "gone")
        self.assertEqual((answer["kind"], answer["low"], answer["high"]), ("rating", 3, 5))
        self.assertEqual([row.get("note", "") for row in answer["predictions"]],
                         ["", "unknown item: the mean training rating stands in", answer["predictions"][2].get("note"),
                          "unknown user and item: the mean training rating stands in"])
        self.assertTrue(answer["predictions"][2]["note"].startswith("unknown user"))
        self.write("pairs.csv", "user,item\nu1,i1\nu2,i3\nnew,i1\n")
        done = self.run_akin("predict", "m.akin", "--pairs", "pairs.csv", "-o", "out.csv")
        self.search(r"of 3 pairs 1 have an unknown user and 0 an unknown item", done.err)
        rows = list(csv.DictReader(io.StringIO((self.dir / "out.csv").read_text())))
        self.assertEqual([(row["user"], row["item"]) for row in rows], [("u1", "i1"), ("u2", "i3"), ("new", "i1")])
        self.assertAlmostEqual(float(rows[0]["rating"]), answer["predictions"][0]["prediction"], 6)
        self.assertEqual(self.run_akin("predict", "m.akin", "--pairs", "-", "-o", "-", stdin="u1,i1\n").out.splitlines()[0],
                         "user,item,rating,note")
        done = self.run_akin("predict", "m.akin", "--pairs", "-", "-o", "-", stdin="newu,newi\n u1 ,i1\n")
        self.assertEqual([row["user"] for row in csv.DictReader(io.StringIO(done.out))], ["newu", "u1"])
        done = self.run_akin("predict", "m.akin", "--pairs", "-", stdin="user,i1\nu1,i2\n")
        self.search(r"the first line, user i1, is taken for names of columns", done.err)
        self.search(r"user +item +rating\n", self.run_akin("predict", "m.akin", "--user", "u1", "--item", "i1").out)
        self.assert_error(self.run_akin("predict", "m.akin", "--user", "u1", code=2), "--user and --item go together")
        self.make_bundle("item-knn", "k.akin")
        self.assert_error(self.run_akin("predict", "k.akin", "--user", "u1", "--item", "i1", code=2), "these models predict: ")

    def test_an_update_may_replace_its_bundle(self):
        self.make_shop("als", "--factors", "4", "--epochs", "2")
        before = (self.dir / "shop.akin").read_bytes()
        self.write("more.csv", "user,item,kind,time,price,brand,category\nnew,\"i2, blue\",view,1500000000,10,b2,x\n")
        self.run_akin("import", "csv", "more.csv", "-o", "more.data", "--quiet")
        self.search("wrote shop.akin", self.run_akin("update", "shop.akin", "-d", "more.data", "-o", "shop.akin").out)
        self.assertNotEqual((self.dir / "shop.akin").read_bytes(), before)
        self.assertEqual(self.run_json("recommend", "shop.akin", "--user", "new", "-k", "1")["fallback"], None)
        self.assert_error(self.run_akin("update", "shop.akin", "-d", "more.data", "-o", "more.data", code=2), "would write")


if __name__ == "__main__":
    unittest.main()
