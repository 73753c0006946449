"""What each sampler of the table draws, and how often it keeps each row of a pool."""

import types

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import labels, moves
from tf_collab.front.case import Case
from tf_collab.front.dials import Dials
from tf_collab.tables import USUAL, SamplerRow

__all__ = ["acceptor", "asking", "kept", "proposer", "sampler"]

ORDERS = 16  # in which acceptors judge a pool
THIN = {False: 10, True: 5}  # proposals of a chain a sample, plain ones and refined


def sampler(dials: Dials, method: str) -> tc.base.Sampler:
    """The sampler of that name, which asks the D of `dials.gan`."""
    row = USUAL[method]
    accepts = acceptor(row, dials.gan(row.refines), 4 * moves.BATCH)
    return tc.sampling.compose(proposer(dials, row.refines), accepts)


def proposer(dials: Dials, refines: bool) -> tc.base.Proposer:
    return moves.proposer(dials.gan(refines), dials.move if refines else None)


def asking(method: str) -> str:
    """The sampler of that name and the D that it asks, as doubts name them."""
    row = USUAL[method]
    return f"{method}, by the {row.judge} D" if row.asks_d else method


def acceptor(row: SamplerRow, gan: tc.GAN, n: int) -> tc.base.Acceptor:
    """The row's, but that a chain begins anew after each sample.

    A draw of any number has the law that was judged then: by a D that is wrong
    somewhere, later samples of a chain can be far worse than its first one.
    """
    if row.chain:
        thin = THIN[row.refines]
        return tc.sampling.mhgan(gan, thin=thin, restart=True, capped="restart")
    options = {"drs_percentile": 80.0, "drs_per_batch": False, "num_samples": n}
    return row.acceptor(gan, types.SimpleNamespace(**options))


def kept(
    case: Case, dials: Dials, row: SamplerRow, pool: tc.sampling.Samples, name: str
) -> np.ndarray:
    """How often a sampler's acceptor keeps each row of the pool, at most once an order.

    The pool is judged in ORDERS orders. A chain sees each row once and gives one
    sample, as one of a draw does before it begins anew.
    """
    n = len(pool.score)
    if not row.needs_ratio:
        return np.ones(n)
    gan, seed = dials.gan(row.refines), case.seed_of(name)
    accepts = acceptor(row, gan, n)
    chains = n // accepts.thin
    orders = np.random.default_rng(seed.numpy().view("u4")).permuted(
        np.tile(np.arange(n), [ORDERS, 1]), axis=1
    )[:, : chains * accepts.thin]
    # Proposal t of all chains of all orders, then proposal t + 1 of all.
    rows = orders.reshape(ORDERS, accepts.thin, chains).swapaxes(0, 1).ravel()
    known = labels.beside(pool.x)
    # In place of samples stand their numbers, and the labels that a ratio may ask for.
    drawn = tc.sampling.select(
        accepts,
        tc.Scored(rows if known is None else (rows, known[rows]), pool.score[rows]),
        real=case.real(gan),
        batch=ORDERS * chains,
        seed=seed,
    )
    numbers = tf.nest.flatten(drawn.x)[0]
    return np.bincount(numbers, minlength=n) / ORDERS
