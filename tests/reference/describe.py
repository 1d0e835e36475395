"""Makes describe_musical_instruments.json with pandas, the reference of src/akin/data/describe_test.cc.

    python3 -m venv venv && venv/bin/pip install pandas==3.1.1
    venv/bin/python tests/reference/describe.py reviews_Musical_Instruments_5.json.gz > describe_musical_instruments.json
"""
import gzip
import json
import sys

import pandas as pd


def summary(series):
    s = series.describe()
    return {"count": int(s["count"]), "mean": s["mean"], "std": s["std"], "min": s["min"], "q25": s["25%"],
            "q50": s["50%"], "q75": s["75%"], "max": s["max"]}


def gini(counts):
    """Mean absolute difference over twice the mean, by its definition."""
    total = sum(abs(a - b) for a in counts for b in counts)
    return total / (2 * len(counts) * sum(counts))


with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines:
    frame = pd.DataFrame([json.loads(line) for line in lines])
users = frame["reviewerID"].value_counts()
items = frame["asin"].value_counts()
months = pd.to_datetime(frame["unixReviewTime"], unit="s").dt.strftime("%Y-%m").value_counts().sort_index()
words = frame["reviewText"].map(lambda text: len(text.split()))
print(json.dumps({
    "users": len(users),
    "items": len(items),
    "events": len(frame),
    "density": len(frame.drop_duplicates(["reviewerID", "asin"])) / (len(users) * len(items)),
    "first_time": int(frame["unixReviewTime"].min()),
    "last_time": int(frame["unixReviewTime"].max()),
    "values": summary(frame["overall"]),
    "value_counts": [[float(v), int(n)] for v, n in frame["overall"].value_counts().sort_index().items()],
    "events_per_user": summary(users),
    "events_per_item": summary(items),
    "gini_users": gini(users.tolist()),
    "gini_items": gini(items.tolist()),
    "review_words": summary(words),
    "empty_reviews": int((words == 0).sum()),
    "events_by_month": [[m, int(n)] for m, n in months.items()],
}, indent=1))
