"""Makes recommendation_lists.json: every metric of an evaluation, by libraries that are independent of akin.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 pandas scikit-learn==1.9.1 pytrec_eval-terrier==0.5.11
    venv/bin/pip install --no-deps recbole==1.2.1 recmetrics==0.1.5
    venv/bin/python tests/reference/recommendation_lists.py > tests/reference/recommendation_lists.json

| metrics | made by |
|---|---|
| HR, Recall, Precision, NDCG, MAP, MRR at k | pytrec_eval (trec_eval's C code); MAP over min(k, |R|) as in ranking_metrics.py |
| F1 at k, per user | scikit-learn's f1_score of "is in the list" against "is held out" |
| AUC per user, over all unseen items | scikit-learn's roc_auc_score |
| labelled events: AUC, GAUC, log loss, accuracy | scikit-learn; GAUC = mean of the users' AUC weighted by their events, users with both labels only |
| ratings: RMSE, MAE, MSE | scikit-learn |
| coverage, Gini index, popularity at k | RecBole's ItemCoverage, GiniIndex, AveragePopularity |
| gini_castells: the same with n - 1 instead of n, so that one item in all lists gives exactly 1 | NumPy, from sum (2 i - n - 1) p_(i) / (n - 1) (Castells, Hurley & Vargas 2015) |
| novelty at k | recmetrics' novelty |
| diversity at k: mean over a list's pairs of 1 - cosine of the items' audiences, mean over users | scikit-learn's cosine_similarity |

Popularity counts training events, repeated ones included; an audience is the set of users with a training event of the
item. Novelty takes the size of the audience / number of users, as -log2 of a share needs. Scores of one user all differ.
"""
import enum
import json
import random
import sys
import types

import numpy as np
import pytrec_eval
from sklearn import metrics as sk


def stand_in(name, **members):
    """A module with nothing but `members`, for imports that the functions used here do not need (torch, plots)."""
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


def import_metrics():
    """The metric functions of RecBole and recmetrics, without the packages they train and plot with."""
    import importlib.util

    def folder(name):
        return list(importlib.util.find_spec(name).submodule_search_locations)

    recbole, recmetrics = folder("recbole"), folder("recmetrics")
    stand_in("torch")
    stand_in("recbole", __path__=recbole)
    stand_in("recbole.utils", EvaluatorType=enum.Enum("EvaluatorType", "RANKING VALUE"))
    stand_in("recbole.evaluator", __path__=[recbole[0] + "/evaluator"])
    stand_in("matplotlib", __path__=[])
    stand_in("matplotlib.pyplot")
    stand_in("recmetrics", __path__=recmetrics)
    import recbole.evaluator.metrics
    import recmetrics.metrics
    return sys.modules["recbole.evaluator.metrics"], sys.modules["recmetrics.metrics"]


USERS, ITEMS, CUTOFFS = 23, 61, [1, 5, 10]
rng = random.Random(20240229)
recbole, recmetrics = import_metrics()

# Training events: a long tail of items, some of them twice by the same user.
train, held_out, scores = [], [], []
for user in range(USERS):
    seen = {min(int(rng.paretovariate(0.7)) - 1, ITEMS - 1) for _ in range(rng.randint(3, 14))}
    seen |= {(3 * user + step) % ITEMS for step in range(3)}  # every item has an event
    events = sorted(seen) + rng.sample(sorted(seen), 2)
    train.append(sorted(events))
    unseen = [item for item in range(ITEMS) if item not in seen]
    held_out.append(sorted(rng.sample(unseen, rng.choice([1, 1, 2, 3, 7, 13]))))
    # Popular items score higher, held-out ones a little.
    scores.append([s + 100 * max(0, 12 - i) + 300 * (i in held_out[user])
                   for i, s in enumerate(rng.sample(range(-500, 500), ITEMS))])
    while len(set(scores[user])) < ITEMS:  # no ties
        scores[user] = [s + rng.randint(0, 3) for s in scores[user]]

lists, run, truth = [], {}, {}
for user in range(USERS):
    unseen = [item for item in range(ITEMS) if item not in train[user]]
    run[str(user)] = {str(item): float(scores[user][item]) for item in unseen}
    truth[str(user)] = {str(item): 1 for item in held_out[user]}
    lists.append(sorted(unseen, key=lambda item: -scores[user][item])[:max(CUTOFFS)])
matrix = np.array(lists)

audiences = np.zeros((ITEMS, USERS))
events_of = dict.fromkeys(range(ITEMS), 0)
for user, items in enumerate(train):
    for item in items:
        audiences[item, user] = 1
        events_of[item] += 1
assert min(events_of.values()) > 0
audience_size = dict(enumerate(audiences.sum(axis=1)))
distance = 1 - sk.pairwise.cosine_similarity(audiences)

cuts = ",".join(map(str, CUTOFFS))
names = {f"{name}.{cuts}" for name in ("success", "recall", "P", "ndcg_cut", "map_cut")}
values = pytrec_eval.RelevanceEvaluator(truth, names).evaluate(run)


def mean(value):
    return sum(value(user) for user in range(USERS)) / USERS


def binary(user, items):
    return [int(item in items) for item in range(ITEMS) if item not in train[user]]


def diversity(items):
    pairs = [(a, b) for i, a in enumerate(items) for b in items[:i]]
    return sum(distance[a, b] for a, b in pairs) / len(pairs)


def at(k):
    first = pytrec_eval.RelevanceEvaluator(truth, {"recip_rank"}).evaluate(
        {user: dict(sorted(items.items(), key=lambda pair: -pair[1])[:k]) for user, items in run.items()})
    top = matrix[:, :k]
    counts = np.sort(np.bincount(top.ravel(), minlength=ITEMS))
    order = 2 * np.arange(1, ITEMS + 1) - ITEMS - 1

    def trec(name):
        return mean(lambda u: values[str(u)][f"{name}_{k}"])

    return {
        "cutoff": k, "hr": trec("success"), "recall": trec("recall"), "precision": trec("P"), "ndcg": trec("ndcg_cut"),
        "f1": mean(lambda u: sk.f1_score(binary(u, held_out[u]), binary(u, lists[u][:k]))),
        "map": mean(lambda u: values[str(u)][f"map_cut_{k}"] * len(held_out[u]) / min(k, len(held_out[u]))),
        "mrr": mean(lambda u: first[str(u)]["recip_rank"]),
        "coverage": float(recbole.ItemCoverage.get_coverage(None, top, ITEMS)),
        "gini": float(recbole.GiniIndex.get_gini(None, top, ITEMS)),
        "gini_castells": float((order * counts).sum() / counts.sum() / (ITEMS - 1)),
        "popularity": float(recbole.AveragePopularity.get_pop(None, top, events_of).mean()),
        "novelty": float(recmetrics.novelty(top.tolist(), audience_size, USERS, k)[0]),
        "novelty_events": float(recmetrics.novelty(top.tolist(), events_of, USERS, k)[0]),
        "diversity": mean(lambda u: diversity(lists[u][:k])) if k > 1 else None,
    }


def user_auc(user):
    unseen = [item for item in range(ITEMS) if item not in train[user]]
    return float(sk.roc_auc_score(binary(user, held_out[user]), [scores[user][item] for item in unseen]))


def labelled():
    """Predicted probabilities of labelled events: ties, users with one label only, users with one event."""
    users, labels, predictions = [], [], []
    for user in range(29):
        for _ in range(rng.choice([1, 2, 5, 17])):
            label = int(rng.random() < (0, 1, 0.4, 0.6)[user % 4])
            users.append(user)
            labels.append(label)
            # Multiples of 1/64 are exact floats; many are tied.
            predictions.append(min(63, max(1, round(64 * rng.gauss(0.45 + 0.15 * label, 0.2)))) / 64)
    users, labels, predictions = map(np.array, (users, labels, predictions))
    aucs, sizes = [], []
    for user in range(29):
        mine = users == user
        if len(set(labels[mine])) == 2:
            aucs.append(sk.roc_auc_score(labels[mine], predictions[mine]))
            sizes.append(int(mine.sum()))
    return {
        "user": users.tolist(), "label": labels.tolist(), "prediction": predictions.tolist(),
        "auc": float(sk.roc_auc_score(labels, predictions)), "gauc": float(np.average(aucs, weights=sizes)),
        "gauc_users": len(aucs), "gauc_unweighted": float(np.mean(aucs)),
        "log_loss": float(sk.log_loss(labels, predictions)),
        "accuracy": float(sk.accuracy_score(labels, predictions >= 0.5)),
    }


def ratings():
    given = np.array([rng.randint(1, 10) / 2 for _ in range(211)])
    predicted = np.array([round(64 * min(5, max(0.5, r + rng.gauss(0, 0.9)))) / 64 for r in given])
    return {
        "user": sorted(rng.randrange(19) for _ in given), "rating": given.tolist(), "prediction": predicted.tolist(),
        "mse": float(sk.mean_squared_error(given, predicted)),
        "rmse": float(sk.root_mean_squared_error(given, predicted)),
        "mae": float(sk.mean_absolute_error(given, predicted)),
    }


aucs = [user_auc(user) for user in range(USERS)]
print("{\"n_users\": %d, \"n_items\": %d," % (USERS, ITEMS))
print("\"users\": [\n" + ",\n".join(
    json.dumps({"train": train[u], "held_out": held_out[u], "list": lists[u], "scores": scores[u], "auc": aucs[u]})
    for u in range(USERS)) + "\n],")
print("\"auc\": %r," % (sum(aucs) / USERS))
print("\"metrics\": [\n" + ",\n".join(json.dumps(at(k)) for k in CUTOFFS) + "\n],")
print("\"labelled\": " + json.dumps(labelled()) + ",")
print("\"ratings\": " + json.dumps(ratings()) + "}")
