"""Bytes that the ranks of a fit send per epoch, by formula; used by measure.py and simulate.py."""

STRIPES = 16  # of a BlockSchedule with 1,024 items or more


def padded(factors):
    """Floats of a row in memory."""
    return -(-factors // 16) * 16


def gram_blocks(rows):
    return -(-rows // max(4096, -(-rows // 16)))


def als_bytes(ranks, users, items, factors):
    """Sent by all ranks: each half of an epoch gathers the rows that were solved for, and blocks of a Gram matrix."""
    rows = (users + items) * padded(factors) * 4
    grams = (gram_blocks(users) + gram_blocks(items)) * factors * padded(factors) * 4
    return (rows + grams) * (ranks - 1)


def moved_share(ranks):
    """The share of item stripes that change their rank from a round to the next, over all orders of rounds."""
    owner = [rank for rank in range(ranks) for _ in range(STRIPES * rank // ranks, STRIPES * (rank + 1) // ranks)]
    shifts = range(1, STRIPES)
    moved = sum(owner[s] != owner[(s + shift) % STRIPES] for shift in shifts for s in range(STRIPES))
    return moved / (STRIPES * len(shifts))


def stripes_bytes(ranks, items, floats):
    """Sent by all ranks: stripes of items, rows of so many floats, move between rounds, and to all after the last."""
    return items * floats * 4 * ((STRIPES - 1) * moved_share(ranks) + ranks - 1)


def epoch_bytes(model, ranks, users, items, factors):
    if ranks == 1:
        return 0
    return als_bytes(ranks, users, items, factors) if model == "als" else stripes_bytes(ranks, items, factors + 1)
