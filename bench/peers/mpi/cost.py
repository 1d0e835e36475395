"""Bytes that the ranks of a fit send per epoch, by formula; used by measure.py and simulate.py."""

import math

STRIPES = 16  # of a BlockSchedule with 1,024 items or more
FETCHED = 256 << 20  # bytes of users' vectors that a rank has for its items at a time (FitContext::fetch_bytes)


def padded(factors):
    """Floats of a row in memory."""
    return -(-factors // 16) * 16


def gram_blocks(rows):
    return -(-rows // max(4096, -(-rows // 16)))


def fetched_users(ranks, users, events, row):
    """Users' vectors that the items of one rank need in an epoch, its own users' among them: all of them where they fit,
    else those of each tile of items, as if each event named any user."""
    most = FETCHED // row
    if users <= most:
        return users
    tile = -users * math.log1p(-most / users)  # events that name so many different users
    return max(1, events / ranks / tile) * most


def als_bytes(ranks, users, items, factors, events):
    """Sent by all ranks: users' vectors to the ranks whose items need them, items' vectors to all, and Gram matrices."""
    row = padded(factors) * 4
    rows = items * (ranks - 1) + fetched_users(ranks, users, events, row) * (ranks - 1)
    grams = (gram_blocks(users) + gram_blocks(items)) * factors * row
    return rows * row + grams * (ranks - 1)


def moved_share(ranks):
    """The share of item stripes that change their rank from a round to the next, over all orders of rounds."""
    owner = [rank for rank in range(ranks) for _ in range(STRIPES * rank // ranks, STRIPES * (rank + 1) // ranks)]
    shifts = range(1, STRIPES)
    moved = sum(owner[s] != owner[(s + shift) % STRIPES] for shift in shifts for s in range(STRIPES))
    return moved / (STRIPES * len(shifts))


def stripes_bytes(ranks, items, floats):
    """Sent by all ranks: stripes of items, rows of so many floats, move between rounds, and to all after the last."""
    return items * floats * 4 * ((STRIPES - 1) * moved_share(ranks) + ranks - 1)


def epoch_bytes(model, ranks, users, items, factors, events):
    if ranks == 1:
        return 0
    return als_bytes(ranks, users, items, factors, events) if model == "als" else stripes_bytes(ranks, items, factors + 1)
