"""Forgetting users, pseudonyms in place of ids, columns that are left out."""
import hmac
import json
import os
import stat
import unittest

from harness import AkinTest, csv_text, models, needed_flags, tiny_events

USERS = 30
# Ids that occur nowhere else in a file; each user's text and address name them.
PERSON = "person-{}-of-the-test".format


def rows():
    for user, item, value, time, title, category in tiny_events(USERS):
        person = PERSON(user[1:])
        yield (person, item, value, time, title, category, f"address of {person}", f"{person} wrote this")


def person_csv():
    return csv_text(rows(), "user,item,value,time,title,category,address,review")


class PrivacyTest(AkinTest):
    def make_persons(self, *flags):
        self.write("p.csv", person_csv())
        return self.run_akin("import", "csv", "p.csv", "-o", "p.data", "--user-attributes", "address", "--text", "review",
                             *flags)

    def holds(self, name, text):
        return text.encode() in (self.dir / name).read_bytes()


class ForgetTest(PrivacyTest):
    def answers(self, bundle, *users):
        flags = [flag for user in users for flag in ("--user", user)]
        return self.run_json("recommend", bundle, *flags, "-k", "20", "--include-seen")

    def test_every_model_forgets_a_user_and_nothing_else(self):
        self.make_persons()
        gone, others = PERSON(4), [PERSON(user) for user in (0, 3, 5, 29)]
        for model in models():
            with self.subTest(model["name"]):
                quick = ["--factors", "8"] if any(p["name"] == "factors" for p in model["params"]) else []
                self.run_akin("train", model["name"], "-d", "p.data", "-o", "m.akin", "--quiet", *quick, *needed_flags(model))
                before = self.answers("m.akin", *others)
                held_out = self.run_json("evaluate", "m.akin")["evaluation"]["test_events"]
                self.assertTrue(self.holds("m.akin", gone))
                result = self.run_json("forget", gone, "--from", "m.akin")["files"][0]
                self.assertEqual((result["action"], result["users"], result["events"], result["held_out_events"],
                                  result["attributes"]), ("rewritten", 1, 7, 1, 1))
                self.assertFalse(self.holds("m.akin", gone))
                after = self.answers("m.akin", *others)
                if model["name"].startswith(("user-knn", "session-knn")):  # may have been their neighbour
                    self.assertEqual([len(answer["items"]) for answer in after], [len(answer["items"]) for answer in before])
                else:
                    self.assertEqual(after, before)
                self.assert_error(self.run_akin("recommend", "m.akin", "--user", gone, "--strict", code=1), "unknown user")
                self.assertEqual(self.run_json("evaluate", "m.akin")["evaluation"]["test_events"], held_out - 1)

    def test_neighbours_are_those_of_a_model_that_never_met_the_user(self):
        self.make_persons()
        self.run_akin("forget", PERSON(4), "--from", "p.data", "-o", "rest.data")
        for model in ("user-knn", "user-knn-rating", "session-knn"):
            self.run_akin("train", model, "-d", "p.data", "-o", "m.akin", "--quiet")
            self.run_akin("train", model, "-d", "rest.data", "-o", "rest.akin", "--quiet")
            self.run_akin("forget", PERSON(4), "--from", "m.akin")
            others = [PERSON(user) for user in (0, 6, 29)]
            self.assertEqual(self.answers("m.akin", *others), self.answers("rest.akin", *others))

    def test_all_files_at_once(self):
        self.make_persons()
        self.run_akin("train", "als", "-d", "p.data", "-o", "m.akin", "--checkpoint", "c", "--quiet", "--factors", "8")
        self.run_akin("tune", "als", "-d", "p.data", "--trials", "1", "--trials-file", "log", "-o", "t.toml", "--quiet")
        self.assertFalse(self.holds("log", "person"))
        self.write("erase.txt", f"{PERSON(7)}\n{PERSON(8)}\n")
        command = ["forget", PERSON(4), "--users-file", "erase.txt", "--from", "p.data", "--from", "m.akin", "--from", "c",
                   "--from", "log"]
        before = {name: (self.dir / name).read_bytes() for name in ("p.data", "m.akin", "c", "log")}
        dry = self.run_akin(*command, "--dry-run")
        self.assertIn("dry run: nothing was written", dry.out)
        self.assertEqual({name: (self.dir / name).read_bytes() for name in before}, before)
        done = self.run_akin(*command)
        self.assertEqual(done.out + "dry run: nothing was written\n", dry.out)
        self.search(r"p\.data  data set  removed 3 users, 24 events, 24 reviews, 3 attributes\n", done.out)
        self.search(r"m\.akin  bundle \(als\)  removed 3 users, 21 events, 3 held-out events, 3 attributes, and their vectors", done.out)
        self.search(r"c  checkpoint  deleted", done.out)
        self.search(r"log  log of trials  unchanged", done.out)
        self.assertEqual((self.dir / "log").read_bytes(), before["log"])
        self.search(r"learned from these users stay in m\.akin until you train it again", done.out)
        self.assertNotIn("person", done.out + done.err)
        self.assertNotIn("c", self.files())
        for user in (4, 7, 8):
            for name in ("p.data", "m.akin"):
                self.assertFalse(self.holds(name, PERSON(user)))
        described = self.run_json("describe", "p.data")
        self.assertEqual((described["users"], described["items"]), (USERS - 3, 20))
        self.run_akin("train", "als", "-d", "p.data", "-o", "again.akin", "--quiet", "--factors", "8")

    def test_documents_of_a_user(self):
        self.make_persons()
        self.run_akin("import", "text", "p.data", "-o", "texts.data", "--quiet")
        self.assertTrue(self.holds("texts.data", PERSON(4)))
        result = self.run_json("forget", PERSON(4), "--from", "texts.data")["files"][0]
        self.assertEqual(result["users"], 8, "one for each review")
        self.assertFalse(self.holds("texts.data", PERSON(4)))

    def test_ids_in_attributes_of_others_and_of_items(self):
        self.write("c.csv", csv_text([(PERSON(u), f"i{i}", PERSON(4), PERSON((u + 1) % 5)) for u in range(5) for i in range(9)],
                                     "user,item,seller,friend"))
        self.run_akin("import", "csv", "c.csv", "-o", "p.data", "--item-attributes", "seller", "--user-attributes", "friend")
        self.assertTrue(self.holds("p.data", PERSON(4)))
        result = self.run_json("forget", PERSON(4), "--from", "p.data")["files"][0]
        self.assertEqual((result["users"], result["mentions"]), (1, 9 + 1))
        self.assertFalse(self.holds("p.data", PERSON(4)))
        self.assertTrue(self.holds("p.data", PERSON(3)))

    def test_what_is_rewritten_is_an_output(self):
        self.make_persons()
        before = (self.dir / "p.data").read_bytes()
        self.write("erase.txt", PERSON(4) + "\n")
        done = self.run_akin("forget", "--users-file", "erase.txt", "--from", "p.data", "--from", "erase.txt", code=2)
        self.assert_error(done, "--from would write erase.txt, which --users-file reads")
        self.assertEqual((self.dir / "p.data").read_bytes(), before)

    def test_ids_that_begin_with_a_dash(self):
        self.write("c.csv", "user,item\n-x,i1\n--from,i2\nann,i1\n")
        self.run_akin("import", "csv", "c.csv", "-o", "p.data", "--quiet")
        self.assert_error(self.run_akin("forget", "-x", "--from", "p.data", code=2), "unknown flag -x.* behind --")
        self.assert_error(self.run_akin("forget", "--", "-x", "--from", "p.data", code=2), "--from is missing: behind --")
        done = self.run_akin("forget", "--json", "--from", "p.data", "--", "-x", "--from")
        self.assertEqual(json.loads(done.out)["files"][0]["users"], 2)
        self.write("key", b"k" * 32)
        os.chmod(self.dir / "key", 0o600)
        expected = hmac.new(b"k" * 32, b"-x", "sha256").hexdigest()[:32]
        self.assertEqual(self.run_akin("pseudonym", "key", "--", "-x").out, expected + "\n")

    def test_wrong_use(self):
        self.make_persons()
        before = (self.dir / "p.data").read_bytes()
        done = self.run_akin("forget", PERSON(4), "person-44-of-the-test", "--from", "p.data", code=1)
        self.assert_error(done, r"1 of 2 users are in none of the files: 'person-44-of-the-test'; nothing was written")
        self.assertEqual((self.dir / "p.data").read_bytes(), before)
        self.run_akin("forget", "person-44-of-the-test", "--from", "p.data", "--missing-ok")
        self.assert_error(self.run_akin("forget", "--from", "p.data", code=2), "name at least one user")
        self.assert_error(self.run_akin("forget", PERSON(4), code=2), "--from is missing")
        self.assert_error(self.run_akin("forget", PERSON(4), "p.data", "--from", "p.data", code=2), "put --from before each")
        self.assert_error(self.run_akin("forget", PERSON(4), "--from", "p.csv", code=1), "neither a data set")
        self.assert_error(self.run_akin("forget", PERSON(4), "--from", "nil", code=1), "nil: cannot be read")
        self.run_akin("train", "popularity", "-d", "p.data", "-o", "m.akin", "--quiet")
        self.assert_error(self.run_akin("forget", PERSON(4), "--from", "p.data", "--from", "m.akin", "-o", "x", code=2),
                          "one file, not 2")


class PseudonymsTest(PrivacyTest):
    def pseudonym(self, text, key="key"):
        return hmac.new((self.dir / key).read_bytes(), text.encode(), "sha256").hexdigest()[:32]

    def test_ids_become_pseudonyms_that_the_key_makes_again(self):
        done = self.make_persons("--pseudonyms", "key", "--drop-columns", "address,review")
        self.search(r"note +key: made a new key; keep it secret", done.out)
        mode = (self.dir / "key").stat().st_mode
        self.assertEqual((stat.S_IMODE(mode), (self.dir / "key").stat().st_size), (0o600, 32))
        self.assertFalse(self.holds("p.data", "person"))
        self.assertTrue(self.holds("p.data", self.pseudonym(PERSON(4))))
        self.assertEqual(self.run_akin("pseudonym", "key", PERSON(4), PERSON(5)).out,
                         self.pseudonym(PERSON(4)) + "\n" + self.pseudonym(PERSON(5)) + "\n")
        first = (self.dir / "p.data").read_bytes()
        self.assertNotIn("made a new key", self.make_persons("--pseudonyms", "key", "--drop-columns", "address,review").out)
        self.assertEqual((self.dir / "p.data").read_bytes(), first, "the same key gives the same data set")

    def test_the_data_are_the_same_but_for_the_ids(self):
        self.make_persons()
        plain = self.run_json("describe", "p.data")
        self.make_persons("--pseudonyms", "key")
        self.assertEqual(self.run_json("describe", "p.data"), plain)
        self.run_akin("train", "item-knn", "-d", "p.data", "-o", "m.akin", "--quiet")
        user = self.run_akin("pseudonym", "key", PERSON(4)).out.strip()
        self.assertIsNone(self.run_json("recommend", "m.akin", "--user", user)["fallback"])
        self.assertEqual(self.run_json("forget", user, "--from", "m.akin", "--from", "p.data")["files"][1]["users"], 1)

    def test_updates_match(self):
        old = [row for row in rows() if row[1] != "i19"]
        self.write("p.csv", csv_text(old, "user,item,value,time,title,category,address,review"))
        self.run_akin("import", "csv", "p.csv", "-o", "old.data", "--pseudonyms", "key", "--quiet")
        self.run_akin("train", "item-knn", "-d", "old.data", "-o", "m.akin", "--quiet")
        self.make_persons("--pseudonyms", "key")
        result = self.run_json("update", "m.akin", "-d", "p.data", "-o", "n.akin")
        self.assertEqual((result["new_users"], result["new_items"]), (0, 1))

    def test_every_format(self):
        a, b = PERSON(1), PERSON(2)
        self.write("pairs", f"{a} i1\n{a} i2\n{b} i1\n")
        self.write("uirt", f"{a} i1 5 1\n{b} i1 3 2\n")
        self.write("lists", f"{a} i1 i2\n{b} i2\n")
        self.write("sessions", f"SessionId,ItemId,Time\n{a},i1,1\n{b},i1,2\n")
        self.write("amazon", "".join(json.dumps({"reviewerID": u, "asin": "i1", "overall": 5}) + "\n" for u in (a, b)))
        self.write("x.inter", f"user_id:token\titem_id:token\n{a}\ti1\n{b}\ti1\n")
        self.write("x.user", f"user_id:token\tage:token\n{a}\t31\n{b}\t32\n")
        self.write("n.train.rating", f"{a}\ti1\t1\t0\n{b}\ti2\t1\t0\n")
        self.write("n.test.rating", f"{a}\ti2\t1\t0\n{b}\ti1\t1\t0\n")
        self.write("n.test.negative", f"({a},i2)\ti3\n({b},i1)\ti3\n")
        self.write("ratings.csv", f"userId,movieId,rating,timestamp\n{a},1,5,100\n{b},1,4,101\n")
        self.write("text", "some words\nother words\n")
        self.write("users.csv", f"user,customer no,age\n{a},{a},31\n{b},{b},32\n")
        self.write("c.csv", f"user,item\n{a},i1\n{b},i1\n")
        for arguments in (["pairs", "pairs"], ["uirt", "uirt"], ["lists", "lists"], ["sessions", "sessions"],
                          ["amazon", "amazon"], ["atomic", "x"], ["ncf", "n"], ["movielens", "ratings.csv"],
                          ["csv", "c.csv", "--users", "users.csv"], ["csv", "c.csv", "--user", "user", "--user-attributes", "user"]):
            with self.subTest(arguments):
                self.run_akin("import", *arguments, "-o", "d", "--pseudonyms", "key", "--quiet")
                self.assertFalse(self.holds("d", "person"))
                self.assertTrue(self.holds("d", self.pseudonym(a)))
        self.run_akin("import", "text", "text", "-o", "d", "--pseudonyms", "key", "--quiet")
        self.assertTrue(self.holds("d", self.pseudonym("1")))
        done = self.run_akin("import", "csv", "c.csv", "-o", "d", "--pseudonyms", "key", "--user", "user",
                             "--item-attributes", "user", code=2)
        self.assert_error(done, "holds the ids of users")

    def test_documents_get_pseudonyms_of_their_writers(self):
        self.make_persons("--drop-columns", "address")
        self.run_akin("import", "text", "p.data", "-o", "t.data", "--pseudonyms", "key", "--quiet")
        self.assertTrue(self.holds("t.data", self.pseudonym(PERSON(4))))
        self.run_akin("forget", self.pseudonym(PERSON(4)), "--from", "t.data")

    def test_ids_in_attributes_become_pseudonyms(self):
        rows = [(PERSON(u), f"i{i}", PERSON(4).upper(), PERSON((u + 1) % 5)) for u in range(5) for i in range(9)]
        self.write("c.csv", csv_text(rows, "user,item,seller,friend"))
        done = self.run_akin("import", "csv", "c.csv", "-o", "p.data", "--item-attributes", "seller", "--user-attributes",
                             "friend", "--pseudonyms", "key")
        self.search(r"item attribute seller: 9 values were ids of users and are pseudonyms now", done.out)
        self.search(r"user attribute friend: 5 values were ids of users and are pseudonyms now", done.out)
        self.assertFalse(self.holds("p.data", "person"))
        self.assertFalse(self.holds("p.data", "PERSON"))
        self.assertTrue(self.holds("p.data", self.pseudonym(PERSON(4))))

    def test_flags_that_protect_are_never_turned_off_silently(self):
        self.write("p.csv", person_csv())
        self.write("c.toml", "pseudonyms = []\n")
        self.write("d.toml", "drop_columns = []\n")
        for flags, pattern in ((["--pseudonyms", ""], "--pseudonyms: the name is empty"),
                               (["--pseudonyms=", "key"], "--pseudonyms= lacks its value"),
                               (["--drop-columns", ""], "--drop-columns: name some"),
                               (["--drop-columns", ","], "--drop-columns: name some"),
                               (["--config", "c.toml"], "the list pseudonyms is empty"),
                               (["--config", "d.toml"], "the list drop-columns is empty"),
                               (["--users", ""], "--users: the name is empty"),
                               (["--items", ""], "--items: the name is empty")):
            with self.subTest(flags):
                self.assert_error(self.run_akin("import", "csv", "p.csv", "-o", "p.data", *flags, code=2), pattern)
        self.assertEqual(self.files(), ["c.toml", "d.toml", "p.csv"])

    def test_an_import_that_fails_makes_no_key(self):
        self.write("p.csv", person_csv())
        self.write("broken.csv", "user,item,value\nann,i1,much\n")
        for flags in (["broken.csv"], ["p.csv", "--drop-columns", "adress"], ["p.csv", "--min-value", "99"]):
            done = self.run_akin("import", "csv", *flags, "-o", "p.data", "--pseudonyms", "key",
                                 code=2 if "--drop-columns" in flags else 1)
            self.assertEqual(self.files(), ["broken.csv", "p.csv"], done.err)
        done = self.run_akin("import", "csv", "p.csv", "-o", "p.data", "--pseudonyms", "no/key", code=1)
        self.assert_error(done, "no/key: cannot write: the folder no does not exist")
        os.mkfifo(self.dir / "pipe", 0o600)
        self.assert_error(self.run_akin("import", "csv", "p.csv", "-o", "p.data", "--pseudonyms", "pipe", code=1),
                          "pipe: is not a regular file")

    def test_wrong_keys(self):
        self.write("p.csv", person_csv())
        command = ["import", "csv", "p.csv", "-o", "p.data", "--pseudonyms", "key"]
        self.write("key", b"x" * 32)
        os.chmod(self.dir / "key", 0o640)
        self.assert_error(self.run_akin(*command, code=1), r"others can access this key \(mode 0640\).*chmod 600")
        os.chmod(self.dir / "key", 0o600)
        self.write("key", b"x" * 31)
        self.assert_error(self.run_akin(*command, code=1), "holds 31 bytes")
        self.assert_error(self.run_akin("import", "csv", "p.csv", "-o", "new", "--pseudonyms", "new", code=2), "--pseudonyms reads")
        self.assert_error(self.run_akin(*command[:-1], "-", code=2), "name a file for the key")
        self.assert_error(self.run_akin("pseudonym", "none", "x", code=1), "none: cannot read the key")
        self.assertEqual(self.files(), ["key", "p.csv"])


class DropColumnsTest(PrivacyTest):
    def test_columns_never_reach_the_data_set(self):
        done = self.make_persons("--drop-columns", "review,Address", "--drop-columns", "title")
        self.search(r"note +columns left out: review, Address, title", done.out)
        for text in ("address of", "wrote this", "Thing"):
            self.assertFalse(self.holds("p.data", text), text)
        self.assertTrue(self.holds("p.data", PERSON(4)))

    def test_wrong_names(self):
        self.write("p.csv", person_csv())
        command = ["import", "csv", "p.csv", "-o", "p.data", "--drop-columns"]
        self.assert_error(self.run_akin(*command, "adress", code=2), r"no column 'adress' to drop \(did you mean address\?\)")
        self.assert_error(self.run_akin(*command, "user", code=2), "column 'user' holds the ids of users and cannot be dropped")
        self.assert_error(self.run_akin(*command, "item", code=2), "cannot be dropped")
        self.assertNotIn("p.data", self.files())


if __name__ == "__main__":
    unittest.main()
