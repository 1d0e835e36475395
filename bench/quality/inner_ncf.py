"""Makes a validation split like that of the NCF files from their training file, to choose parameters by: for each user, one
random event is the target, ranked against 99 random items the user does not have. The training file has no times, so a
user's last line is not their latest event. Usage: inner_ncf.py ml-1m.train.rating OUT_PREFIX"""

import random
import sys

source, prefix = sys.argv[1:]
rng = random.Random(7)
events = {}
for line in open(source):
    user, item = line.split("\t")[:2]
    events.setdefault(int(user), []).append(int(item))
items = sorted({item for owned in events.values() for item in owned})
with open(prefix + ".train.rating", "w") as train, open(prefix + ".test.rating", "w") as test, \
        open(prefix + ".test.negative", "w") as negative:
    for user, owned in events.items():
        target = rng.choice(owned)
        others = rng.sample(items, 99 + len(owned))
        others = [item for item in others if item not in set(owned)][:99]
        train.writelines(f"{user}\t{item}\t1\t0\n" for item in owned if item != target)
        test.write(f"{user}\t{target}\t1\t0\n")
        negative.write(f"({user},{target})\t" + "\t".join(map(str, others)) + "\n")
