"""NeuMF and the nets of akin's rating-dot and rating-mlp as plain PyTorch loops: pairs per second. Needs torch.

Usage: torch_loop.py NET BATCHES [THREADS] [sparse]

NET: neumf (factors 32, mlp_factors 32, layers 32, 16, 8; minibatches of 256, Adam, binary cross-entropy), rating-dot or
rating-mlp (factors 30, dropout 0.5, a layer of 64; minibatches of 64, Adam, mean absolute error), over the users and items
of MovieLens 1M with random pairs prepared in memory: the time excludes sampling and shuffling. "sparse": embeddings
with sparse gradients and SparseAdam.
"""

import sys
import time

import torch
from torch import nn

USERS, ITEMS = 6040, 3706


class NeuMf(nn.Module):
    def __init__(self, sparse, factors=32, mlp_factors=32, layers=(32, 16, 8)):
        super().__init__()
        self.vectors = nn.ModuleList(nn.Embedding(n, size, sparse=sparse)
                                     for size in (factors, mlp_factors) for n in (USERS, ITEMS))
        sizes = [2 * mlp_factors, *layers]
        self.layers = nn.Sequential(*(step for a, b in zip(sizes, sizes[1:]) for step in (nn.Linear(a, b), nn.ReLU())))
        self.output = nn.Linear(factors + sizes[-1], 1)

    def forward(self, user, item):
        p, q, u, v = (table(index) for table, index in zip(self.vectors, (user, item, user, item)))
        return self.output(torch.cat([p * q, self.layers(torch.cat([u, v], 1))], 1))[:, 0]


class RatingDot(nn.Module):
    def __init__(self, sparse, size=30):
        super().__init__()
        self.vectors = nn.ModuleList(nn.Embedding(n, size, sparse=sparse) for n in (USERS, ITEMS))

    def forward(self, user, item):
        return (self.vectors[0](user) * self.vectors[1](item)).sum(1)


class RatingMlp(RatingDot):
    def __init__(self, sparse, size=30):
        super().__init__(sparse, size)
        self.layers = nn.Sequential(nn.Dropout(0.5), nn.Linear(2 * size, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, user, item):
        return self.layers(torch.cat([self.vectors[0](user), self.vectors[1](item)], 1))[:, 0]


def main(name, batches, threads=2, sparse=False):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model, batch, loss = {"neumf": (NeuMf, 256, nn.BCEWithLogitsLoss()), "rating-dot": (RatingDot, 64, nn.L1Loss()),
                          "rating-mlp": (RatingMlp, 64, nn.L1Loss())}[name]
    net = model(sparse)
    tables = list(net.vectors.parameters())
    known = {id(table) for table in tables}
    others = [parameter for parameter in net.parameters() if id(parameter) not in known]
    optimizers = [torch.optim.SparseAdam(tables) if sparse else torch.optim.Adam(tables)]
    if others:
        optimizers.append(torch.optim.Adam(others))
    users, items = torch.randint(USERS, (batches, batch)), torch.randint(ITEMS, (batches, batch))
    targets = torch.randint(2, (batches, batch)).float()
    for begin, end in ((0, batches // 10), (batches // 10, batches)):  # the first tenth warms up
        started = time.perf_counter()
        for b in range(begin, end):
            for optimizer in optimizers:
                optimizer.zero_grad(set_to_none=True)
            loss(net(users[b], items[b]), targets[b]).backward()
            for optimizer in optimizers:
                optimizer.step()
        rate = (end - begin) * batch / (time.perf_counter() - started)
    print(f"torch {torch.__version__} {name}{' sparse' if sparse else ''}, {threads} threads: {rate:,.0f} pairs/s")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:4]), "sparse" in sys.argv[4:])
