"""Writes diginetica for both programs: sessions with times for the one, lists with prefixes and targets for the other.

Usage: gru4rec_data.py DIGINETICA_FOLDER SESSIONS OUT_FOLDER   (SESSIONS = how many of the latest to train on, 0 = all)
"""

import sys

folder, latest, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def write_table(path, sessions):
    with open(path, "w") as file:
        file.write("SessionId\tItemId\tTime\n")
        for number, items in enumerate(sessions):
            for position, item in enumerate(items):
                file.write(f"{number}\t{item}\t{number * 1000 + position}\n")


train = [line.split() for line in open(f"{folder}/train_sessions.txt")][-latest:]
known = {item for items in train for item in items}

# The file has a line for each prefix of a session, the longest first.
test, previous = [], None
for line in open(f"{folder}/test_prefix_target.txt"):
    items = line.split()
    if items != previous:
        test.append(items)
    previous = items[:-1]
test = [[item for item in items if item in known] for items in test]
test = [items for items in test if len(items) > 1]

write_table(f"{out}/train.tsv", train)
write_table(f"{out}/test.tsv", test)
with open(f"{out}/train.txt", "w") as file:
    file.writelines(" ".join(items) + "\n" for items in train)
with open(f"{out}/test.txt", "w") as file:
    for items in test:
        file.writelines(" ".join(items[:n]) + "\t" + items[n] + "\n" for n in range(1, len(items)))
with open(f"{out}/predicted", "w") as file:
    file.write(str(sum(len(items) - 1 for items in train)))
