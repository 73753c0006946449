"""Any proposer with any acceptor is a sampler."""

import warnings
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, fingerprints, seeds
from tf_collab.cpu import compilation
from tf_collab.sampling import metropolis, plain, rejection

__all__ = ["Method", "always", "compose", "suite"]


def always() -> base.Acceptor:
    """Keeps every candidate."""

    def init(seed: tf.Tensor, candidates: base.Scored, real: base.Scored) -> tuple[()]:
        del seed, candidates, real
        return ()

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: tuple[()]
    ) -> tuple[base.Verdict, tuple[()], dict[str, tf.Tensor]]:
        del seed
        keep = tf.ones_like(candidates.score, tf.bool)
        verdict = base.Verdict(candidates.x, candidates.score, keep)
        return verdict, state, {}

    return base.Acceptor(init, step)


def compose(proposer: base.Proposer, acceptor: base.Acceptor) -> base.Sampler:
    """A sampler that proposes candidates and then accepts or rejects them.

    `init` and `step` are each compiled once. `init` takes as many latents as the
    acceptor's burn-in, or a batch if it has none. A burn-in is proposed a thousand
    candidates at a time, and only its scores are kept. Warns (`Doubt`) if the two ask
    different Ds. Raises ValueError unless given a Proposer and an Acceptor.

    Examples:
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), tc.sampling.always())
        >>> sampler.thin, sampler.burn_in
        (1, 0)
    """
    if not (
        isinstance(proposer, base.Proposer) and isinstance(acceptor, base.Acceptor)
    ):
        raise ValueError(
            "compose joins a Proposer and an Acceptor, such as direct(gan) and "
            f"always(), not {type(proposer).__name__} and {type(acceptor).__name__}"
        )
    guide, judge = proposer.guide, acceptor.judge
    ds = [gan.discriminator for gan in (guide, judge) if gan is not None]
    if ds and not fingerprints.same(ds[0], ds[-1]):
        warnings.warn(
            "the proposer refines by one D and the acceptor reads its scores as those "
            "of another: give both one GAN, as refine(shaped, ...) and mhgan(shaped)",
            base.Doubt,
            stacklevel=2,
        )

    @compilation.graph
    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> tuple[Any, Any]:
        init_seed, step_seed, acceptor_seed = seeds.split(seed, 3)
        state = proposer.init(init_seed, z, real)
        if acceptor.burn_in:
            # A calibrator may go by the labels, which are handed on as they are drawn.
            x = (None, z[1]) if isinstance(z, tuple) and len(z) == 2 else None
            candidates = base.Scored(x, _scores(proposer, step_seed, z, state))
        else:
            candidates, _, _ = proposer.step(step_seed, z, state)
            candidates = candidates.checked()
        return state, acceptor.init(acceptor_seed, candidates, real)

    @compilation.graph
    def step(
        seed: tf.Tensor, z: Any, state: tuple[Any, Any]
    ) -> tuple[base.Verdict, tuple[Any, Any], dict[str, tf.Tensor]]:
        proposer_seed, acceptor_seed = seeds.split(seed)
        proposer_state, acceptor_state = state
        candidates, proposer_state, cost = proposer.step(
            proposer_seed, z, proposer_state
        )
        verdict, acceptor_state, fate = acceptor.step(
            acceptor_seed, candidates.checked(), acceptor_state
        )
        return verdict, (proposer_state, acceptor_state), {**cost, **fate}

    rest = (acceptor.burn_in, acceptor.thin, guide, judge, acceptor.group)
    return base.Sampler(init, step, *rest)


def _scores(
    proposer: base.Proposer, seed: tf.Tensor, z: Any, state: Any, rows: int = 1000
) -> tf.Tensor:
    n = tf.shape(tf.nest.flatten(z)[0])[0]
    count = -(-n // rows)

    def one(i: tf.Tensor, scores: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        part = tf.nest.map_structure(lambda leaf: leaf[i * rows : (i + 1) * rows], z)
        candidates, _, _ = proposer.step(seeds.fold_in(seed, i), part, state)
        return i + 1, scores.write(i, candidates.checked().score)

    scores = tf.TensorArray(tf.float32, count, infer_shape=False, element_shape=[None])
    loop = tf.while_loop(lambda i, _: i < count, one, (0, scores))
    return loop[1].concat()


class Method(NamedTuple):
    """A sampler, and the GAN whose D it uses."""

    gan: base.GAN
    sampler: base.Sampler


def suite(
    calibrated: base.GAN,
    shaped: base.GAN,
    proposer: base.Proposer,
    *,
    rejector: base.Acceptor | None = None,
    thin: int = 20,
) -> dict[str, Method]:
    """The five methods that the paper compares, by name.

    `proposer` refines with the shaped GAN. `rejector` is `drs(calibrated)` by default.
    Collaborative sampling is Metropolis-Hastings over refined samples with the shaped
    D, as in the authors' 2-D program. This D learned from samples of mixed depth, so
    the chain is a heuristic there. Raises ValueError if a D gives no log ratio.
    """
    if rejector is None:
        rejector = rejection.drs(calibrated)
    plainly = plain.direct(calibrated)
    return {
        "standard": Method(calibrated, compose(plainly, always())),
        "rejection": Method(calibrated, compose(plainly, rejector)),
        "hastings": Method(
            calibrated, compose(plainly, metropolis.mhgan(calibrated, thin=thin))
        ),
        "refinement": Method(shaped, compose(proposer, always())),
        "collaborative": Method(
            shaped, compose(proposer, metropolis.mhgan(shaped, thin=thin))
        ),
    }
