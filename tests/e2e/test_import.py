"""Import as the command line shows it: sources, filters, counts."""
import gzip
import json
import unittest

from harness import AkinTest, csv_text, tiny_events

SMALL = "user,item,value,time\na,x,5,100\na,y,1,200\nb,x,4,300\nb,x,3,400\nb,z,nan,500\nc\n"


class ImportTest(AkinTest):
    def test_standard_input_and_compression_give_the_same_data(self):
        text = csv_text(tiny_events())
        self.write("plain.csv", text)
        self.write("packed.csv.gz", gzip.compress(text.encode()))
        self.run_akin("import", "csv", "plain.csv", "-o", "plain", "--name", "events")
        self.run_akin("import", "csv", "packed.csv.gz", "-o", "packed", "--name", "events")
        self.run_akin("import", "csv", "-", "-o", "piped", "--name", "events", stdin=text)
        plain = (self.dir / "plain").read_bytes()
        self.assertEqual((self.dir / "packed").read_bytes(), plain)
        self.assertEqual((self.dir / "piped").read_bytes(), plain)

    def test_several_files_make_one_data_set(self):
        self.write("train.txt", "u a b\nv b c\n")
        self.write("test.txt", "u c\n")
        self.run_akin("import", "lists", "train.txt", "test.txt", "-o", "d", "--quiet")
        found = self.run_json("describe", "d")
        self.assertEqual((found["events"], found["users"], found["items"]), (5, 2, 3))
        self.assertEqual(found["test_events"], 1)

    def test_rejected_lines_are_counted_with_their_places(self):
        self.write("small.csv", SMALL)
        out = self.run_akin("import", "csv", "small.csv", "-o", "d").out
        self.search(r"rejected +2 lines\n", out)
        self.search(r"small\.csv:6", out)
        result = self.run_json("import", "csv", "small.csv", "-o", "d")
        self.assertEqual(sum(reason["count"] for reason in result["rejected"]), 2)
        self.assertEqual(result["events"], 4)

    def test_strict_stops_at_the_first(self):
        self.write("small.csv", SMALL)
        self.assert_error(self.run_akin("import", "csv", "small.csv", "-o", "d", "--strict", code=1), r"small\.csv:6")
        self.assertEqual(self.files(), ["small.csv"])

    def test_each_filter_says_what_it_removed(self):
        self.write("small.csv", SMALL)
        cases = [(["--min-value", "4"], 2, 2), (["--since", "250"], 2, 1), (["--until", "1970-01-01T00:04:10Z"], 2, 1),
                 (["--repeats", "last"], 3, 2), (["--kind-weight", "rating=2"], 4, 2), (["--user-core", "2"], 4, 2),
                 (["--k-core", "2", "--repeats", "first"], None, None), (["--min-length", "2"], 2, 1)]
        for flags, events, users in cases:
            with self.subTest(" ".join(flags)):
                if events is None:
                    self.assert_error(self.run_akin("import", "csv", "small.csv", "-o", "d", *flags, code=1), "no event")
                    continue
                result = self.run_json("import", "csv", "small.csv", "-o", "d", *flags)
                self.assertEqual((result["events"], result["users"]), (events, users))
        out = self.run_akin("import", "csv", "small.csv", "-o", "d", "--min-value", "4").out
        self.search(r"filter +.*4.*: removed 2 events, 0 users, 1 items", out)

    def test_binarize(self):
        self.write("small.csv", SMALL)
        self.run_akin("import", "csv", "small.csv", "-o", "d", "--binarize")
        values = self.run_json("describe", "d")["values"]
        self.assertEqual((values["min"], values["max"]), (1, 1))

    def test_items_without_events(self):
        self.write("r.json", json.dumps({"reviewerID": "u", "asin": "i", "overall": 5.0, "unixReviewTime": 1400000000}))
        self.write("m.json", "\n".join(json.dumps({"asin": item, "title": f"T{item}"}) for item in "ij"))
        kept = self.run_json("import", "amazon", "r.json", "--meta", "m.json", "-o", "d")
        dropped = self.run_json("import", "amazon", "r.json", "--meta", "m.json", "-o", "e", "--drop-unseen-items")
        self.assertEqual((kept["items"], dropped["items"]), (2, 1))
        described = self.run_json("describe", "d")
        self.assertEqual((described["items"], described["items_without_events"]), (2, 1))
        self.search("2 .1 without events.", self.run_akin("describe", "d").out)

    def test_types_and_event_attributes(self):
        self.write("e.csv", "user,item,time,device,page,stock,label\n"
                            "u,a,1400000000.25,phone,home,3,x;y\nu,b,1400000000.5,,cart,4.5,y\nv,a,1400000001,phone,,3,x;y\n")
        self.run_akin("import", "csv", "e.csv", "-o", "d", "--event-attributes", "device,page",
                      "--item-attributes", "stock,label", "--types", "label=list:;")
        described = self.run_json("describe", "d")
        self.assertEqual(described["item_types"], {"stock": "number", "label": "list:;"})
        self.assertAlmostEqual(described["event_content"]["device"], 2 / 3)
        self.assertEqual(described["first_time"], 1400000000.25)
        wrong = self.run_akin("import", "csv", "e.csv", "-o", "d", "--types", "labl=list:;", code=2)
        self.search("labl", wrong.err)
        self.search("number", self.run_akin("import", "csv", "e.csv", "-o", "d", "--types", "item=nunber", code=2).err)

    def test_ids_of_any_bytes(self):
        rows = [(f"u {n};é", f"item\t{n % 3} \"q\"", 5, 1000 + n, "", "") for n in range(9)]
        self.write("odd.csv", "user,item,value,time\n" +
                   "".join('"{}","{}",{},{}\n'.format(r[0], r[1].replace('"', '""'), r[2], r[3]) for r in rows))
        self.run_akin("import", "csv", "odd.csv", "-o", "d", "--quiet")
        self.run_akin("train", "popularity", "-d", "d", "-o", "m", "--holdout", "none", "--quiet")
        result = self.run_json("recommend", "m", "--user", "u 4;é", "--include-seen")
        self.assertEqual({entry["item"] for entry in result["items"]}, {f"item\t{n} \"q\"" for n in range(3)})
        self.run_akin("recommend", "m", "--all-users", "-o", "t.tsv", "--quiet")
        for line in (self.dir / "t.tsv").read_text().splitlines():
            self.assertEqual(line.count("\t"), 3)

    def test_ids_that_are_not_unicode(self):
        self.write("odd.tsv", b"user\titem\n\xe9\ta\n\xe8\tb\xff\n\xc3\xa9\tb\xfe\n")
        self.run_akin("import", "csv", "odd.tsv", "-o", "d", "--quiet")
        self.run_akin("train", "als", "-d", "d", "-o", "m", "--holdout", "none", "--factors", "2", "--quiet")
        lists = [json.loads(line) for line in
                 self.run_akin("recommend", "m", "--all-users", "--include-seen", "--json", "-o", "-").out.splitlines()]
        self.assertEqual([entry.get("user_hex") for entry in lists], ["e9", "e8", None])
        self.assertEqual(lists[2]["user"], "\u00e9")
        self.assertEqual({entry.get("item_hex", entry["item"]) for entry in lists[0]["items"]}, {"a", "62ff", "62fe"})
        done = self.run_akin("export", "m", "--to", "npy", "-o", "x.npy", code=1)
        self.assert_error(done, r"is not valid UTF-8, so the JSON file of ids cannot contain it; use csv or safetensors")
        self.assertFalse({"x.npy", "x.npy.ids.json"} & set(self.files()))
        self.run_akin("export", "m", "--to", "csv", "-o", "x.csv", "--quiet")
        self.assertIn(b"\nb\xff,", (self.dir / "x.csv").read_bytes())

    def test_sessions_become_rows_of_their_own(self):
        self.write("log.csv", "user,item,time,visit\na,x,1000,7\na,y,1060,7\n,z,1090,8\nb,x,1100,8\na,z,9000,9\n")
        done = self.run_akin("import", "csv", "log.csv", "-o", "gaps", "--session-gap", "30")
        self.search(r"the events of 2 users are 3 sessions", done.out)
        self.search(r"no user: log.csv:4", done.out)
        found = self.run_json("describe", "gaps")
        self.assertEqual((found["users"], found["events"]), (3, 4))
        done = self.run_akin("import", "csv", "log.csv", "-o", "visits", "--session", "visit")
        self.search(r"3 sessions, 3 of them of signed-in users", done.out)
        self.assertEqual(self.run_json("describe", "visits")["events"], 5)
        self.run_akin("train", "session-knn", "-d", "visits", "-o", "m.akin", "--holdout", "none", "--quiet")
        items = [entry["item"] for entry in self.run_json("recommend", "m.akin", "--history", "x")["items"]]
        self.assertEqual(sorted(items), ["y", "z"])
        self.run_akin("forget", "a", "--from", "m.akin", "-o", "f.akin", "--quiet")
        items = [entry["item"] for entry in self.run_json("recommend", "f.akin", "--history", "x")["items"]]
        self.assertEqual(items[0], "z", "the sessions of a are gone")

    def test_sessions_that_cannot_be_made(self):
        self.write("log.csv", "user,item,time,visit\na,x,1000,1\nb,y,1060,1\n")
        for flags, code, pattern in ((["--session-gap", "0"], 2, "expected 1 to 10,000,000"),
                                     (["--session-gap", "soon"], 2, "session_gap"),
                                     (["--session-gap", "5", "--session", "visit"], 2, "give one of them"),
                                     (["--session-gap", "5", "--time", "none"], 1, "no event has one"),
                                     (["--session", "visit"], 1, "ids of sessions are not unique")):
            self.assert_error(self.run_akin("import", "csv", "log.csv", "-o", "d", *flags, code=code), pattern)

    def test_mostly_rejected_files_are_refused(self):
        self.write("odd.csv", "user,item\n" + "u,i,what\n" * 7 + "u,i\n" * 3)
        self.assert_error(self.run_akin("import", "csv", "odd.csv", "-o", "d", code=1),
                          r"odd\.csv: 7 of 10 lines cannot be used: 7 times 'too many fields'.*--accept-rejected")
        self.assertEqual(self.files(), ["odd.csv"])
        self.assertEqual(self.run_json("import", "csv", "odd.csv", "-o", "d", "--accept-rejected")["events"], 3)
        self.write("even.csv", "user,item\n" + "u,i,what\n" * 3 + "u,i\n" * 7)
        self.assertEqual(self.run_json("import", "csv", "even.csv", "-o", "d")["events"], 7)
        self.write("i.csv", "item,title\n" + "a,x,more\n" * 3)
        self.write("e.csv", "user,item\nu,a\n")
        self.assert_error(self.run_akin("import", "csv", "e.csv", "--items", "i.csv", "-o", "d2", code=1),
                          r"i\.csv: 3 of 3 lines cannot be used")
        self.assertNotIn("d2", self.files())

    def test_dry_run_shows_the_columns_and_writes_nothing(self):
        self.write("e.csv", "user;item;rating;date;colour\nu1;a;4,5;03/04/2021;red\nu2;b;FALSE;25/12/2021;blue\nNULL;a;3;01/02/2021;\n")
        hidden = self.run_akin("import", "csv", "e.csv", "--dry-run", "--pseudonyms", "key").out
        for content in ("u1", "blue", "FALSE", "NULL"):
            self.assertNotIn(content, hidden)
        out = self.run_akin("import", "csv", "e.csv", "--dry-run").out
        self.search(r"(?m)^column +used as +type +parsed +examples$", out)
        self.search(r"(?m)^date +time +time \(day-first\) +100 % +03/04/2021 \| 25/12/2021", out)
        self.search(r"(?m)^colour +not used +category +66\.6 %", out)
        self.search(r"doubt +column rating of e\.csv: 1 values are 0 or less and no likes; the first is 'FALSE' \(e\.csv:3\)", out)
        self.search(r"1  no user: e\.csv:4 \('NULL'\)", out)
        self.assertEqual(self.files(), ["e.csv"])
        columns = self.run_json("import", "csv", "e.csv", "--dry-run")["columns"]
        self.assertEqual([column["used_as"] for column in columns], ["user", "item", "value", "time", None])
        self.assertEqual(columns[4]["examples"], ["red", "blue"])
        self.assertEqual(self.files(), ["e.csv"])
        self.write("bad.csv", "user,item,rating\nu,a,x\nu,b,z\n")
        done = self.run_akin("import", "csv", "bad.csv", "--dry-run", code=1)
        self.search(r"(?m)^rating +value +number +0 % +x \| z$", done.out)  # what helps to see why
        self.search("akin: error: bad.csv: not one usable event", done.err)
        self.write("t.txt", "a b\n")
        self.search("writes nothing", self.run_akin("import", "text", "t.txt", "--dry-run", "--write-vocabulary", "v", code=2).err)

    def test_dates_that_fit_both_ways_are_asked_about(self):
        text = "user,item,date\nu,a,03/04/2021\nu,b,05/06/2021\n"
        self.write("e.csv", text)
        pattern = r"e\.csv: column 'date': '03/04/2021' \(e\.csv:2\) is 2021-04-03 if the day comes first, 2021-03-04 if"
        self.assert_error(self.run_akin("import", "csv", "e.csv", "-o", "d", code=2), pattern)
        self.run_akin("import", "csv", "e.csv", "-o", "d", "--time-format", "month-first")
        self.assertEqual(self.run_json("describe", "d")["first_time"], 1614816000)
        self.run_akin("import", "csv", "-", "-o", "d", stdin=text + "u,c,04/03/2021\n" * 9000 + "u,d,25/12/2021\n")
        self.assertEqual(self.run_json("describe", "d")["first_time"], 1614816000)

    def test_dislikes_are_no_likes(self):
        self.write("e.csv", "user,item,weight\nu1,a,2\nu1,b,-3\nu2,a,0\nu2,b,1\n")
        out = self.run_akin("import", "csv", "e.csv", "-o", "d").out
        self.search(r"filter +value of 0 or less.*--keep-nonpositive.*: removed 2 events", out)
        self.assertEqual(self.run_json("describe", "d")["events"], 2)
        self.run_akin("import", "csv", "e.csv", "-o", "d", "--keep-nonpositive")
        self.assertEqual(self.run_json("describe", "d")["events"], 4)

    def test_quiet_gives_results_only(self):
        self.write("x.csv", "user,item\nu,i\n")
        self.assertIn("Next: ", self.run_akin("import", "csv", "x.csv", "-o", "d").out)
        self.assertNotIn("Next: ", self.run_akin("import", "csv", "x.csv", "-o", "d", "--quiet").out)


if __name__ == "__main__":
    unittest.main()
