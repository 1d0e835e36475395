#!/usr/bin/env python3
"""MovieLens 1M as a table with times, events of the same second in the order of sequences.txt.

Usage: bench/quality/movielens_times.py FOLDER > mlt.csv      (FOLDER holds ratings_times.csv.gz and sequences.txt)

Checks that the times of each user's sequence never fall, and says on standard error how many are not the original ones.
"""
import csv
import gzip
import sys

folder = sys.argv[1]
ratings = {}
with gzip.open(f"{folder}/ratings_times.csv.gz", "rt") as file:
    for row in csv.DictReader(file):
        ratings[row["user"], row["item"]] = (row["rating"], row["timestamp"], row["exact"])
print("user,item,rating,timestamp")
events = inexact = 0
for line in open(f"{folder}/sequences.txt"):
    user, *items = line.split()
    last = 0
    for item in items:
        rating, time, exact = ratings[user, item]
        if int(time) < last:
            sys.exit(f"user {user}: the rating of {item} is at {time}, after one at {last}")
        last = int(time)
        events += 1
        inexact += exact == "0"
        print(f"{user},{item},{rating},{time}")
print(f"{events} events, {inexact} of them at interpolated times", file=sys.stderr)
