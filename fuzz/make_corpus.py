#!/usr/bin/env python3
"""Writes fuzz/corpus anew: small sound inputs of every target, and damaged ones that akin once failed on.

    fuzz/make_corpus.py AKIN        such as: fuzz/make_corpus.py build/dev/akin

Files named fault-... show what went wrong with them. What the fuzzer finds later goes there too, by hand: such files (found-...)
are kept. Checksums of containers do not matter, the targets set them.
"""
import bz2
import gzip
import io
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORPUS = ROOT / "fuzz" / "corpus"
OLD = ROOT / "tests" / "old_files" / "v0.1"
RAW = OLD / "raw"


PICTURES = ROOT / "tests" / "reference" / "pictures"


def put(target, name, content):
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def head(name, lines):
    return b"\n".join((RAW / name).read_bytes().split(b"\n")[:lines]) + b"\n"


def files(options, **named):
    """Input of several files; see parse_files() in fuzz/harness.h. Names have _ in place of dots."""
    parts = "".join(f"{key}={value}\n" for key, value in options.items()).encode()
    for name, content in named.items():
        parts += b"\x1d" + name.replace("__", ".").encode() + b"\n"
        parts += content if isinstance(content, bytes) else content.encode()
    return parts


def packed(content):
    return gzip.compress(content, mtime=0)


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), "u1 i1 i2\nu2 i2 i3\n")
    return buffer.getvalue()


def container(metadata, tensors):
    """A safetensors file; tensors are (name, dtype, shape, bytes)."""
    header, data = {"__metadata__": {"akin.checksum": "0" * 16, "akin.format": "1", **metadata}}, b""
    for name, dtype, shape, content in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return joined(header, data)


def parts_of(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8:8 + length]), content[8 + length:]


def joined(header, data):
    text = json.dumps(header, separators=(",", ":")).encode()  # without blanks, as akin writes it
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def npy(shape, data, descr="<f4"):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 16) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


FOREIGN = {  # what is no text, whatever the name says
    "zip": zipped(), "elf": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00>\x00" + bytes(20),
    "utf16": "u1 i1 i2\nu2 i2 i3\n".encode("utf-16-le"), "bz2": bz2.compress(b"u1 i1 i2\nu2 i2 i3\n"),
    "gz-in-gz": packed(packed(b"u1,i1\nu2,i2\n")),
}


def image_weights():
    for path in sorted((ROOT / "tests" / "reference" / "image").iterdir()):
        if path.suffix in (".pth", ".pt", ".npz"):
            put("image_weights", path.name, path.read_bytes())


def imports():
    put("import_csv", "shop", files({}, a__csv=head("shop.csv", 6)))
    put("import_csv", "columns", files(
        {"delimiter": ";", "header": "no", "user": "2", "item": "1", "value": "3", "time": "4", "time_format": "%d.%m.%Y",
         "item_pattern": "^i", "min_raw_value": "0.5", "kind_all": "purchase"}, a__csv="i1;u1;2;01.02.2020\ni2;u1;0;xx\n"))
    put("import_csv", "tables", files(
        {"files": "a.csv", "items": "items.csv", "users": "users.csv", "items_id": "product", "users_id": "customer"},
        a__csv=head("shop.csv", 4), items__csv=head("items.csv", 3), users__csv=head("users.csv", 3)))
    put("import_csv", "quotes", files({"kind": "event", "text": "review"}, a__csv='user,item,event,review\nu,"a ""b""\n,c",view,"x\ny"\nu,i,buy,'))
    put("import_csv", "gz", files({}, a__csv=packed(head("shop.csv", 3))))
    put("import_csv", "fault-9-gz-in-gz", files({}, a__csv=FOREIGN["gz-in-gz"]))
    put("import_csv", "fault-6-pattern", files({"item_pattern": "^(a+)+$"}, a__csv="user,item\nu," + "a" * 40 + "!\n"))
    put("import_csv", "fault-7-sum", files({}, a__csv="user,item,value\nu,i,3e38\nu,i,3e38\n"))
    put("import_csv", "odd", files(
        {"clean_ids": "decimals,zeros,case", "items": "i.csv", "kinds": "own=cart,away=none"},
        a__csv="sep=;\n# made by a shop\n\nuser;item;rating;event;date\n007; b\u00a0;4,5;own;25/12/2021 8:05 PM\n7.0;cafe\u0301;1.300,5;view;01/02/2021\n"
               "NULL;b;TRUE;away;1 Dec 2021 08:00 +0100\nuser;item;rating;event;date\n1.2E+12;c;-3;what;03/04/2021\n",
        i__csv=b'item,genres,title\nB,"[\'x\', \'y|z\']","a \\"b\\", c",\ncaf\xe9,"[""d"", {""name"": ""e""}]",\x80\x92,\n'))
    put("import_csv", "serials", files({}, a__csv="user;item;date;amount\nu;i;44197,5;1,300\nv;j;44198;1 300\n"))
    put("import_uirt", "plain", files({"delimiter": "space"}, a__txt="u1 i1 3 1400000000\nu1 i2 4.5 1400000001\nu2 i1 1 x\n"))
    put("import_uirt", "colons", files({"delimiter": "::"}, a__txt="1::2::3::4\n1::3::5::6\n"))
    put("import_sessions", "plain", files({}, a__txt=head("clicks.txt", 8)))
    put("import_atomic", "plain", files({}, a__inter="user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\ti1\t3\t5\nu2\ti2\t4\t6\n",
                                        a__item="item_id:token\ttitle:token_seq\ni1\tone two\n", a__user="user_id:token\tage:float\nu1\t3\n"))
    put("import_lists", "users", files({}, a__txt=head("sequences_train.txt", 5)))
    put("import_lists", "items", files({"ordered": "yes", "items": "items.csv", "user": "line"}, a__txt="i1 i2 i3\ni2\n", items__csv="id,title\ni1,A\n"))
    put("import_pairs", "plain", files({}, a__txt="100 101\n101 102\n"))
    for name, content in FOREIGN.items():
        put("import_lists", f"fault-9-{name}", files({}, a__txt=content))
        put("import_text", f"fault-9-{name}", files({}, a__txt=content))
    put("import_movielens", "u.data", files({"files": "."}, u__data="1\t2\t3\t874724710\n1\t3\t4\t874724711\n",
                                            u__item="2|Toy (1995)|01-Jan-1995||http://x|" + "|".join("0" * 19) + "\n", u__user="1|24|M|technician|85711\n"))
    put("import_movielens", "ratings.dat", files({"files": "ratings.dat"}, ratings__dat="1::2::3::978300760\n", movies__dat="2::Toy (1995)::Comedy|Drama\n",
                                                 users__dat="1::F::1::10::48067\n"))
    put("import_movielens", "ratings.csv", files({"files": "ratings.csv", "sequences": "s.txt"}, ratings__csv="userId,movieId,rating\n1,2,3.5\n",
                                                 movies__csv="movieId,title,genres\n2,Toy (1995),Comedy|Drama\n", s__txt="1 2\n"))
    put("import_ncf", "plain", files({"files": "ncf"}, ncf__train__rating=head("ncf.train.rating", 6), ncf__test__rating=head("ncf.test.rating", 3),
                                     ncf__test__negative=head("ncf.test.negative", 3)))
    put("import_amazon", "json", files({"files": "r.json", "meta": "m.json"},
        r__json='{"reviewerID":"u","asin":"i","overall":5.0,"unixReviewTime":1400000000,"reviewText":"good","summary":"ok"}\n{"reviewerID":"u","asin":"j","overall":1}\n',
        m__json="{'asin': 'i', 'title': u'T\\xe9', 'price': 3.5, 'categories': [['A', 'B']], 'related': {'also_bought': ['j']}, 'imUrl': 'x'}\n"))
    put("import_amazon", "new", files({"no_text": "true"}, a__jsonl='{"user_id":"u","parent_asin":"i","rating":5,"timestamp":1400000000000,"title":"t","text":"x"}\n'))
    put("import_text", "plain", files({}, a__txt=head("text.txt", 5)))
    put("import_text", "phrases", files({"tokens": "space", "lowercase": "true", "phrases": "2", "phrase_min_count": "1", "phrase_threshold": "1",
                                         "write_phrases": "p", "write_vocabulary": "v"}, a__txt="new york is new york\nin new york new york\n"))
    put("import_text", "vocabulary", files({"files": "a.txt", "documents": "file", "vocabulary": "v", "phrase_file": "p"}, a__txt="the new york\n", v="the\t3\nnew_york\n",
                                           p="new\tyork\t12.5\t1\n"))


def texts():
    put("config", "plain", 'threads = 1\nmodels = ["als", "bpr"]\nlearning_rate = 0.5\nquiet = true\nsince = 2014-07-23\n')
    put("config", "fault-6-dotted-key.gz", packed(b".".join([b"a"] * 35000) + b" = 1\n"))
    put("config", "fault-6-arrays.gz", packed(b"a = " + b"[" * 35000))
    put("config", "fault-10-empty-array", "output = []\n")
    put("config", "fault-10-array-of-arrays", "output = [[1], {a = 2}]\n")
    put("filters", "plain", "category=Toys\nview=0.1\n2014-07-23\n1400000000\nuser-ratio:0.2\nfold:1/5\nfolds:3\nsum\nals\na,b,,c\nfold:1000/1000\ncold-users:\n")
    put("filters", "edges", "=\n=x\nview=\nview=1e39\nview=-0\nratio:nan\nratio:1e-400\nfold:0/0\nfold:1/99999999999999999999\n99999999999999999999\n0001-01-01\n9999-12-31\n")
    put("item_pattern", "plain", "^[0-9]{5}|i+\n12345\ni\nx\n")
    put("item_pattern", "fault-6-parentheses", "(" * 5000 + ")" * 5000 + "\nx\n")
    put("item_pattern", "fault-6-backtracking", "^(a+)+$\n" + "a" * 60 + "!\n")
    put("item_pattern", "repeats", "((a{1,1000}){1,1000}){1,1000}\na\n")
    put("numbers", "plain", "1\n-3.5e7\n 4 \n1e39\n1e-46\nnan\n0x10\n1,300.5\n1.300,5\n4,5\n1 300\n1'300\nTRUE\n,\nfactors=16\nlearning_rate=0.05\n")
    put("numbers", "fault-11-bounds", "dropout=0.99\npower=0.75\ntolerance=1e-3\nalpha=0.1\ninit_sigma=0.1\ndecay=0.99\nfactors=99999999999\nepochs=4294967296\n")
    put("python_literal", "plain", "{u'a': [1, 2.5, None, True], \"b\": ('x\\xe9', '\\u20ac'), 'c': {}}")
    put("python_literal", "deep", "[" * 199 + "]" * 199)
    put("python_literal", "too-deep", "[" * 5000)
    put("new_items", "plain", '[{"id": "n1", "text": "Kettle", "numb": 12.5, "list": ["a", "b"], "cate": true, "date": null}, {"text": "x"}]')
    put("new_items", "one", '{"text": "Kettle", "date": "2020-02-02", "pict": "a.jpg", "numb": "1e400"}')
    put("new_items", "nested", '[{"list": [["a"]]}]')
    put("requests", "plain", '{"user": "u1", "history": ["i1", 2], "k": 5, "filters": ["price<30"], "exclude": ["i4"]}\n{}\n')
    put("requests", "limits", '{"at_most": ["1:brand", "2:tags"], "mask_kinds": ["rating"], "include_seen": true, "strict": true}\n')
    put("requests", "filters", '{"filters": ["brand in Acme,\\"Bolt, Inc.\\"", "day>=2020-02-02", "tags!=c", "price=10"]}\n2:brand\n"i1",i2, i3\n')
    put("questions", "plain", ": capitals\nparis france rome italy\nPARIS FRANCE ROME ITALY\n: none\nparis france x y\n")
    put("questions", "short", ": a\nparis france rome\n")
    put("times", "pattern", "%d.%m.%Y %H:%M:%S\n01.02.2020 03:04:05\n31.02.2020 00:00:00\n2010-12-01T08:26:00.250Z\n2010/12/01 08:26\n1400000000\n1400000000000\n1e300\n-62135596800\n")
    put("times", "day-first", "day-first\n1/2/21 8:26 PM\nWed, 01 Dec 2010 09:26:00 +0100\nWed Dec 01 08:26:00 +0000 2010\nDec 1st, 2010\n"
                              "Wed Dec 01 2010 09:26:00 GMT+0100 (CET)\n1.12.2010, 8:26\n12/1\n")
    put("times", "excel", "excel\n40513.35\n40513,35\n2958466\n20210301\n20210301120000\n2021\n")
    put("times", "names", "%b %y\nJan 69\nDec 68\n9999-12-31 23:59:60+23:59\n0001-01-01\n99999999999999999999\n")
    identity = {"model": "als", "data": "x"}
    trial = json.dumps({"trial": 0, "budget": 1, "params": {"factors": "8"}, "value": 0.5, "low": 0.4, "high": None, "best_epoch": 1, "epochs": 2,
                        "seconds": 1.0, "failure": "", "curve": [[1, 0.5, 0.1, None, None, 1.0], [2, 0.4, 0.5, 0.4, 0.6, 2.0]]}) + "\n"
    put("trial_log", "plain", json.dumps({"search": identity}) + "\n" + trial + '{"trial":1')
    put("trial_log", "deep.gz", packed(b"[" * 2_000_000 + b"\n"))


def vectors():
    ids = ["a", "b"]
    rows = [(1.0, 2.0, 0.5), (0.25, -1.0, 3.0)]
    floats = b"".join(struct.pack("<3f", *row) for row in rows)
    put("vectors", "text", "2 3\n" + "".join(f"{i} {' '.join(map(str, row))}\n" for i, row in zip(ids, rows)))
    put("vectors", "binary", b"2 3\n" + b"".join(i.encode() + b" " + struct.pack("<3f", *row) + b"\n" for i, row in zip(ids, rows)))
    put("vectors", "binary-without-newlines", b"2 3\n" + b"".join(i.encode() + b" " + struct.pack("<3f", *row) for i, row in zip(ids, rows)))
    put("vectors", "csv", 'id,d0,d1,d2\na,1,2,0.5\n"b ""x"",\n",0.25,-1,3\n')
    put("vectors", "fault-5-dimension", "1 2000000000\na 1\n")
    put("vectors", "fault-3-dimension-2-62", b"1 4611686018427387904\na " + struct.pack("<f", 1))
    put("vectors", "fault-5-many-rows", "9223372036854775807 1\na 1\n")
    put("vectors", "fault-5-bomb.gz", packed(b"1 2\na 1 " + b" " * 8_000_000 + b"2\n"))
    put("npy", "plain", npy("(2, 3)", floats))
    put("npy", "ids", b"\x1da.npy\n" + npy("(2, 3)", floats) + b"\x1da.npy.ids.json\n[\"x\",\"y\"]")
    put("npy", "fault-3-dimension-2-62", npy("(0, 4611686018427387904)", b""))
    put("npy", "fault-3-product", npy("(4611686018427387905, 4)", bytes(16)))
    put("npy", "nan", npy("(1, 1)", struct.pack("<f", float("nan"))))
    put("npy", "deep-ids", b"\x1da.npy\n" + npy("(1, 1)", bytes(4)) + b"\x1da.npy.ids.json\n" + packed(b"[" * 2_000_000))
    bytes_of_ids = ("ids.bytes", "U8", [2], b"ab")
    offsets = ("ids.offsets", "U64", [3], struct.pack("<3Q", 0, 1, 2))
    put("vectors_safetensors", "plain", container({"akin.kind": "embeddings", "ids.count": "2"}, [offsets, ("vectors", "F32", [2, 3], floats), bytes_of_ids]))
    put("vectors_safetensors", "fault-8-nan", container({"akin.kind": "embeddings", "ids.count": "2"},
        [offsets, ("vectors", "F32", [2, 1], struct.pack("<2f", 1, float("nan"))), bytes_of_ids]))
    put("vectors_safetensors", "empty-columns", container({"akin.kind": "embeddings", "ids.count": "2"}, [offsets, ("vectors", "F32", [2, 0], b""), bytes_of_ids]))
    put("vectors_safetensors", "offsets", container({"akin.kind": "embeddings", "ids.count": "2"},
        [("ids.offsets", "U64", [3], struct.pack("<3Q", 0, 2**63, 2)), ("vectors", "F32", [2, 3], floats), bytes_of_ids]))


def containers(akin, folder):
    put("safetensors", "plain", container({"akin.kind": "dataset", "n": "5"}, [("a", "F32", [2, 2], bytes(16)), ("b", "U8", [3], b"abc")]))
    put("safetensors", "foreign", joined({"x": {"dtype": "F64", "shape": [], "data_offsets": [0, 8]}}, bytes(8)))
    put("safetensors", "fault-5-header-bomb.gz", packed(struct.pack("<Q", 20_000_000) + b"[" * 20_000_000))
    put("safetensors", "promises-terabytes", joined({"x": {"dtype": "U8", "shape": [2**40], "data_offsets": [0, 2**40]}}, b""))
    put("safetensors", "shape-overflows", joined({"x": {"dtype": "F64", "shape": [2**61, 8], "data_offsets": [0, 0]}}, b""))
    put("dataset", "fault-5-promises-users", container({"akin.kind": "dataset", "name": "x", "n_users": "4000000000"}, []))
    # Rows of a sparse matrix that do not ascend: explain looked for an item by bisection.
    header, data = parts_of(OLD / "bundles" / "user-knn.akin")
    data = bytearray(data)
    for name, tensor in header.items():
        if name.startswith("model.") and tensor["dtype"] == "U32":
            begin, end = tensor["data_offsets"]
            words = [data[at:at + 4] for at in range(begin, end, 4)]
            data[begin:end] = b"".join(reversed(words))
    put("bundle", "fault-4-rows-descend", joined(header, bytes(data)))
    header, data = parts_of(OLD / "bundles" / "popularity.akin")
    put("bundle", "popularity", joined(header, data))
    header["__metadata__"]["params"] = "[" * 3000
    put("bundle", "deep-params", joined(header, data))
    # Sizes of a net that the file does not hold.
    header, data = parts_of(OLD / "bundles" / "rating-mlp.akin")
    begin, end = header["model.shape"]["data_offsets"]
    for name, size in (("fault-5-net-of-gigabytes", 20000), ("net-of-2-31", 2**31)):
        put("bundle", name, joined(header, data[:begin] + struct.pack("<I", size) * 4 + data[end:]))
    header, data = parts_of(OLD / "checkpoints" / "bpr.checkpoint")
    put("checkpoint", "plain", joined(header, data))
    header["__metadata__"]["curve"] = "[[1e300,null,null,null,null,0]]"
    put("checkpoint", "curve", joined(header, data))
    subprocess.run([akin, "synthetic", "-o", "made", "--users", "6", "--items", "5", "--events", "12", "--min-events", "1", "--categories", "4",
                    "--brands", "2", "--styles", "2", "--quiet", "--no-images"], cwd=folder, check=False, capture_output=True)
    truth = folder / "made" / "truth.safetensors"
    if not truth.exists():
        sys.exit("akin synthetic failed; adapt its flags here")
    put("synthetic_truth", "plain", truth.read_bytes())


def encoders(akin, folder):
    """Files of each encoder, with and without steps, and a data set and a bundle with content."""
    (folder / "e.csv").write_text("user,item,time,device\nu,a,1,phone\nu,b,2,\nv,a,3,tv\nv,c,4,phone\n")
    (folder / "i.csv").write_text("item,title,brand,tags,price,day\na,steel kettle,Acme,x;y,20,2020-02-02\n"
                                  "b,bread knife,Bolt,y,5,2021-01-01\nc,steel knife,Acme,x,,\nnew,red kettle,Bolt,,7,2019-05-05\n")
    def run(*args):
        done = subprocess.run([akin, *args], cwd=folder, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"akin {' '.join(args)}: {done.stderr.decode()}")
    run("import", "csv", "e.csv", "--items", "i.csv", "--types", "tags=list:;", "--event-attributes", "device", "-o", "d")
    put("dataset", "content", (folder / "d").read_bytes())
    run("train", "content-tfidf", "-d", "d", "-o", "m", "--holdout", "none")
    put("bundle", "content-tfidf", (folder / "m").read_bytes())
    run("train", "popularity", "-d", "d", "-o", "p", "--holdout", "none")
    run("encode", "attributes", "-d", "d", "--add-to", "p", "--fields", "brand")
    run("encode", "tfidf", "-d", "d", "--add-to", "p", "--part", "dense", "--svd", "2")
    put("bundle", "parts", (folder / "p").read_bytes())
    for name, args in {"tfidf": ["tfidf"], "bm25": ["bm25", "--fields", "title,brand"], "attributes": ["attributes"],
                       "hashed": ["attributes", "--hash-bits", "5"], "words": ["word-vectors", "--factors", "2", "--weighting", "sif"],
                       "steps": ["tfidf", "--svd", "2", "--whiten"]}.items():
        run("encode", *args, "-d", "d", "-o", "v.csv", "--save", "e")
        put("encoder", name, (folder / "e").read_bytes())
    (folder / "c.csv").write_text("user,item,device,time\nu,a,phone,1\nu,b,,2\nu,c,tv,3\nv,b,phone,4\nv,a,tv,5\n")
    run("import", "csv", "c.csv", "--event-attributes", "device", "-o", "contexts")
    run("train", "rnn", "--cell", "rnn", "--factors", "1", "--max-length", "2", "--inputs", "device", "--epochs", "1", "-d", "contexts",
        "--holdout", "none", "-o", "m")
    put("bundle", "event-attributes", (folder / "m").read_bytes())
    for name, args in {"content-ridge": []}.items():
        run("train", name, "-d", "d", "-o", "m", "--holdout", "none", *args)
        put("bundle", name, (folder / "m").read_bytes())
    text_models(run, folder)


def text_models(run, folder):
    """Labelled texts in each form, and models of them; the first byte of the former says how they are read."""
    put("labelled_texts", "tabs", "0good\tsteel kettle\nbad\tbread <b>knife</b>\n\nbad\t\n")
    put("labelled_texts", "blanks", "01 steel kettle &amp; lid\n0 knives cut\n")
    put("labelled_texts", "numbers", "14.5\tsteel kettle\n-1e3\tknife\n")
    put("labelled_texts", "bare", "4steel kettle\n1 knives cut\n")
    put("labelled_texts", "csv", '2a.b,text\n1,"steel, kettle"\n2,knife\n')
    put("labelled_texts", "json", '3{"a": {"b": 1}, "t": "kettle"}\n{"a": {"b": 2.5}, "t": "knife"}\n')
    for name, labels, args in (("two", "aabb", []), ("three", "abca", ["--stem", "english", "--ngrams", "3"]),
                               ("numbers", "1234", ["--numbers"])):
        lines = zip(labels, ("steel kettle", "kettle of steel", "bread knife", "steel knife"))
        (folder / "t.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in lines))
        run("text", "train", "text-linear", "--data", "t.tsv", "-o", "t", *args)
        put("text_model", name, (folder / "t").read_bytes())
    run("encode", "text-linear", "-d", "d", "--target", "brand", "-o", "v.csv", "--save", "e")
    put("encoder", "text-linear", (folder / "e").read_bytes())
    (folder / "t").rename(folder / "t.text")
    run("encode", "t.text", "-d", "d", "-o", "v.csv", "--save", "e")
    put("encoder", "text-model", (folder / "e").read_bytes())


def bert_models(akin, folder):
    """Folders of pretrained models: a vocabulary, tokenizers, and a whole model of zeros, also as an encoder."""
    file = lambda name, text: f"\x1d{name}\n{text}".encode()
    tokens = ["[UNK]", "[CLS]", "[SEP]", "steel", "##s", "cr"]
    words = file("vocab.txt", "\n".join(tokens))
    put("bert_model", "vocab", words + file("tokenizer_config.json", '{"do_lower_case": false, "cls_token": {"content": "[CLS]"}}'))
    tokenizer = json.loads((ROOT / "tests" / "reference" / "bert" / "cls" / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"] = {token: i for i, token in enumerate(tokens)}
    tokenizer["added_tokens"] = tokenizer["added_tokens"][:1]
    put("bert_model", "tokenizer", file("tokenizer.json", json.dumps(tokenizer)))
    tokenizer["model"]["vocab"]["far"] = 2**31
    put("bert_model", "fault-5-id", file("tokenizer.json", json.dumps(tokenizer)))
    config = {"model_type": "bert", "num_hidden_layers": 1, "hidden_size": 4, "num_attention_heads": 2, "intermediate_size": 5, "vocab_size": 6,
              "max_position_embeddings": 3, "type_vocab_size": 1}
    put_model(akin, folder, "pretrained", config, {"vocab.txt": "\n".join(tokens).encode(), "README.md": b"---\nlicense: mit\n---\n# zeros"})
    pairs = {name: (ROOT / "tests" / "reference" / "roberta" / name).read_bytes() for name in ("vocab.json", "merges.txt")}
    vision_model()
    put_model(akin, folder, "roberta", {**config, "model_type": "roberta", "vocab_size": 311, "max_position_embeddings": 7}, pairs)


def vision_model():
    """The folder of a DINOv2 of zeros."""
    dense = lambda name, out, inner: {name + ".weight": [out, inner], name + ".bias": [out]}
    norm = lambda name: {name + ".weight": [2], name + ".bias": [2]}
    layer = "encoder.layer.0."
    shapes = {"embeddings.cls_token": [1, 1, 2], "embeddings.position_embeddings": [1, 5, 2],
              "embeddings.patch_embeddings.projection.weight": [2, 3, 2, 2], "embeddings.patch_embeddings.projection.bias": [2],
              **norm(layer + "norm1"), **norm(layer + "norm2"), **norm("layernorm"),
              layer + "layer_scale1.lambda1": [2], layer + "layer_scale2.lambda1": [2],
              **dense(layer + "attention.output.dense", 2, 2), **dense(layer + "mlp.fc1", 2, 2), **dense(layer + "mlp.fc2", 2, 2)}
    for part in ("query", "key", "value"):
        shapes[f"{layer}attention.attention.{part}.weight"] = [2, 2]
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    config = {"model_type": "dinov2", "num_hidden_layers": 1, "hidden_size": 2, "num_attention_heads": 1, "mlp_ratio": 1,
              "image_size": 4, "patch_size": 2, "qkv_bias": False}
    pictures = {"size": {"shortest_edge": 6}, "crop_size": {"height": 6, "width": 6}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    files = {"config.json": json.dumps(config).encode(), "preprocessor_config.json": json.dumps(pictures).encode(),
             "model.safetensors": joined(header, b"\0" * end)}
    put("bert_model", "vision", b"".join(b"\x1d" + file.encode() + b"\n" + content for file, content in files.items()))


def put_model(akin, folder, name, config, files):
    """A whole model of zeros, and the encoder that is read from it."""
    sizes = {"embeddings.word_embeddings.weight": [config["vocab_size"], 4], "embeddings.position_embeddings.weight": [config["max_position_embeddings"], 4],
             "embeddings.token_type_embeddings.weight": [1, 4]}
    for part, shape in {"attention.self.query": [4, 4], "attention.self.key": [4, 4], "attention.self.value": [4, 4], "attention.output.dense": [4, 4],
                        "attention.output.LayerNorm": [4], "intermediate.dense": [5, 4], "output.dense": [4, 5], "output.LayerNorm": [4]}.items():
        sizes[f"encoder.layer.0.{part}.weight"], sizes[f"encoder.layer.0.{part}.bias"] = shape, shape[:1]
    sizes["embeddings.LayerNorm.weight"] = sizes["embeddings.LayerNorm.bias"] = [4]
    header, end = {}, 0
    for part, shape in sizes.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[part] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
    files = {**files, "config.json": json.dumps(config).encode(), "model.safetensors": joined(header, b"\0" * end)}
    put("bert_model", "whole" if name == "pretrained" else name, b"".join(b"\x1d" + file.encode() + b"\n" + content for file, content in files.items()))
    (folder / name).mkdir()
    for file, content in files.items():
        (folder / name / file).write_bytes(content)
    subprocess.run([akin, "encoder", "import", name, "--origin", "zeros", "-o", "z.enc", "--quiet"], cwd=folder, check=True, capture_output=True)
    put("encoder", name, (folder / "z.enc").read_bytes())


def nets(akin, folder):
    header, data = parts_of(OLD / "nets" / "xor.net")
    put("net", "xor", joined(header, data))
    settings = json.loads(header["__metadata__"]["data.settings"])
    changed = json.loads(json.dumps(header))
    changed["__metadata__"]["data.settings"] = json.dumps({**settings, "test": -5.0})
    put("net", "fault-4-test-share", joined(changed, data))
    changed = json.loads(json.dumps(header))
    changed["__metadata__"]["net.compile"] = '{"loss": 1}'
    put("net", "fault-10-loss-is-a-number", joined(changed, data))
    changed["__metadata__"]["net.compile"] = "{}"
    changed["__metadata__"]["data.settings"] = json.dumps({**settings, "batch": 0, "validation_split": 7})
    put("net", "batch-of-none", joined(changed, data))
    layers = json.loads(header["__metadata__"]["net.layers"])
    changed = json.loads(json.dumps(header))
    changed["__metadata__"]["net.layers"] = json.dumps(layers).replace("8", "800000000")
    put("net", "fault-5-units", joined(changed, data))
    put("net_table", "plain", "a,b,y\n0,1,1\n1,1,0\n")
    put("net_table", "quotes", 'a;"b"\n"1";2\n3;nan\n')
    net = '[[layer]]\nkind = "input"\nname = "x"\nshape = [2]\n'
    put("net_toml", "fault-7-epochs", net + '[[layer]]\nkind = "dense"\nunits = 1\n[train]\nepochs = 4294967296\n')
    put("net_toml", "fault-7-rows", '[[layer]]\nkind = "input"\nshape = [1]\n[[layer]]\nkind = "embedding"\nrows = 9223372036854775807\nunits = 2\n')
    put("net_toml", "fault-7-reshape", net + "[[layer]]\nkind = \"reshape\"\nshape = [7, 7905747460161236407]\n")
    put("net_toml", "fault-10-kind-is-an-array", net + "[data]\nkind = []\n")
    put("net_toml", "fault-6-dotted-key.gz", packed(b".".join([b"a"] * 35000) + b" = 1\n"))
    for path in sorted((ROOT / "examples" / "nets").glob("*.toml")):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "old.net").write_bytes((OLD / "nets" / "xor.net").read_bytes())
    done = subprocess.run([akin, "net", "weights", "old.net", "-o", "w.h5"], cwd=folder, capture_output=True)
    if not (folder / "w.h5").exists():
        done = subprocess.run([akin, "net", "export", "old.net", "-o", "w.h5"], cwd=folder, capture_output=True)
    if not (folder / "w.h5").exists():
        sys.exit(f"no .h5 file was written: {done.stderr.decode()}")
    h5 = (folder / "w.h5").read_bytes()
    put("keras", "xor.h5", h5)
    (rows, cols) = next(t["shape"] for n, t in header.items() if n.startswith("weights/") and len(t["shape"]) == 2)
    shape = struct.pack("<2Q", rows, cols)
    for name, sizes in (("fault-3-dimensions", (2**33, 2**30)), ("fault-5-4-gigabytes", (2**15, 2**15)), ("dimensions-2-63", (2**63, 2))):
        put("keras", name, h5.replace(shape, struct.pack("<2Q", *sizes)))
    weight = next(t for n, t in header.items() if n.startswith("weights/") and len(t["shape"]) == 2)
    begin, end = weight["data_offsets"]
    values = data[begin:end]
    put("keras", "fault-8-nan", h5.replace(values, struct.pack("<f", float("nan")) + values[4:]))


def pictures():
    for path in sorted(PICTURES.glob("*.*")):
        if path.suffix != ".py" and path.name not in ("exif3.jpg", "exif4.jpg", "exif5.jpg", "exif7.jpg", "exif8.jpg"):
            put("picture", path.name, path.read_bytes())
    put("picture", "huge.bmp", (PICTURES / "rgb.bmp").read_bytes()[:18] + b"\xff\xff\xff\x7f" * 2
        + (PICTURES / "rgb.bmp").read_bytes()[26:])
    put("picture", "grey.pgm", b"P5 # grey\n2 3 255\n" + bytes(range(6)))
    put("picture", "colours.ppm", b"P6 1 2 255\n" + bytes(range(6)))
    put("picture", "two-images-idx3-ubyte", b"\0\0\x08\x03" + struct.pack(">3I", 2, 2, 1) + b"abcd")
    put("picture", "two-labels-idx1-ubyte", b"\0\0\x08\x01" + struct.pack(">I", 2) + b"\x01\0")
    put("picture", "cut.jpg", (PICTURES / "rgb.jpg").read_bytes()[:-40])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    akin = str(pathlib.Path(sys.argv[1]).resolve())
    for path in CORPUS.glob("*/*"):
        if not path.name.startswith("found-"):
            path.unlink()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        image_weights()
        imports()
        texts()
        vectors()
        containers(akin, folder)
        encoders(akin, folder)
        bert_models(akin, folder)
        pictures()
        nets(akin, folder)
    size = sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file())
    print(f"{len(list(CORPUS.glob('*/*')))} files, {size} bytes")


if __name__ == "__main__":
    main()
