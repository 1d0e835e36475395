"""Makes ranking_metrics.json with pytrec_eval (trec_eval's own C code), the reference of src/akin/eval/ranking_reference_test.cc.

    python3 -m venv venv && venv/bin/pip install pytrec_eval-terrier==0.5.11
    venv/bin/python tests/reference/ranking_metrics.py > tests/reference/ranking_metrics.json

Scores of one user all differ, so trec_eval's own rule for ties does not matter. trec_eval divides MAP by |R|, akin by
min(k, |R|) (both are in use); the script asks for map_cut over a list cut at k and multiplies by |R| / min(k, |R|).
"""
import json
import random

import pytrec_eval

USERS, ITEMS, CUTOFFS = 23, 61, [1, 5, 10, 20]
rng = random.Random(20240229)

cases, run, truth = [], {}, {}
for user in range(USERS):
    scores = rng.sample(range(-500, 500), ITEMS)
    seen = sorted(rng.sample(range(ITEMS), rng.randint(1, 12)))
    unseen = [item for item in range(ITEMS) if item not in seen]
    held_out = sorted(rng.sample(unseen, rng.choice([1, 1, 2, 3, 7, 15])))
    cases.append({"scores": scores, "seen": seen, "held_out": held_out})
    run[str(user)] = {str(item): float(scores[item]) for item in unseen}
    truth[str(user)] = {str(item): 1 for item in held_out}

cuts = ",".join(map(str, CUTOFFS))
measures = {f"{name}.{cuts}" for name in ("success", "recall", "P", "ndcg_cut", "map_cut")}
values = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)
ranking = []
for k in CUTOFFS:
    # MRR at k: trec_eval's reciprocal rank over lists cut to their k best.
    cut = {user: dict(sorted(items.items(), key=lambda pair: -pair[1])[:k]) for user, items in run.items()}
    first = pytrec_eval.RelevanceEvaluator(truth, {"recip_rank"}).evaluate(cut)

    def mean(value):
        return sum(value(user) for user in run) / USERS

    ranking.append({
        "cutoff": k,
        "hr": mean(lambda u: values[u][f"success_{k}"]),
        "recall": mean(lambda u: values[u][f"recall_{k}"]),
        "precision": mean(lambda u: values[u][f"P_{k}"]),
        "ndcg": mean(lambda u: values[u][f"ndcg_cut_{k}"]),
        "map": mean(lambda u: values[u][f"map_cut_{k}"] * len(truth[u]) / min(k, len(truth[u]))),
        "mrr": mean(lambda u: first[u]["recip_rank"]),
    })
print("{\"ranking\": " + json.dumps(ranking, indent=1) + ",\n\"cases\": [\n"
      + ",\n".join(json.dumps(case) for case in cases) + "\n]}")
