"""Speed of the other samplers, beside refinement and plain samples of the same nets.

    python benchmarks/bench_samplers.py
    python benchmarks/bench_samplers.py ex2 smc  # these walks alone

A walk's time is that of all latents for each pass through G and D, forth or back and a
pass back as two, as the sampler counts them, over that of refinement of z. An
acceptor's is that of a proposal, drawn and judged, over that of one that is kept as it
is.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools
import sys

import peak
import tensorflow as tf

import tf_collab as tc
from tf_collab import sampling

N, STEPS, SCORES = 1980, 20, 1011  # N / 2 is made of whole groups of 9 and 10
seed = tc.seeds.as_seed(0)
g, d = tc.models.MLPGenerator(), tc.models.MLPDiscriminator()
gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
z, real = gan.prior(N, seed), gan.scored(g(gan.prior(1000, seed)))

NETS = ("g_forward", "d_forward", "g_backward", "d_backward")
WALKS = {
    "ddls": functools.partial(sampling.ddls, steps=STEPS),
    "mala": functools.partial(sampling.mala, steps=STEPS, warm_up=0),
    "hmc": functools.partial(sampling.hmc, leaps=5, steps=STEPS // 5, warm_up=0),
    "dgflow": functools.partial(sampling.dgflow, steps=STEPS),
    "dot": functools.partial(sampling.dot, slope=0.5, steps=STEPS),
    "ex2": functools.partial(sampling.ex2, steps=STEPS, warm_up=0),
    "smc": functools.partial(sampling.smc, temperatures=5, moves=4, warm_up=0),
}
ACCEPTORS = {
    "rejection": sampling.drs,
    "hastings": sampling.mhgan,
    "obrs": sampling.obrs,
    "sir": sampling.sir,
    "isir": sampling.isir,
}


def a_pass(proposer):
    """A function that gives seconds of a pass of all latents, the best of five walks.

    A pass back is two: there and back through both nets are six.
    """
    state = proposer.init(seed, z, real)
    walk = tc.cpu.graph(lambda z: proposer.step(seed, z, state)[::2])
    _, info = walk(z)
    count = {
        name: float(tf.reduce_mean(tf.cast(info[name], tf.float32))) for name in NETS
    }
    passes = sum(n * (2 if "backward" in name else 1) for name, n in count.items())
    return lambda: peak.best_time(lambda: walk(z)[0].score.numpy(), 5) / passes


def beside(one, other, times=6):
    """The best of both, by turns, since a machine is not as fast all the time."""
    pairs = [(one(), other()) for _ in range(times)]
    return [min(seconds) for seconds in zip(*pairs)]


def a_proposal(acceptor):
    """A function that gives seconds of N proposals, drawn and judged."""
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    state = sampler.init(seed, gan.prior(sampler.burn_in or N, seed), real)
    return lambda: peak.best_time(
        lambda: sampler.step(seed, z, state)[0].keep.numpy(), 10
    )


def judging(acceptor, scores):
    """Seconds of an acceptor for all scores, some at a time, in one graph."""

    @tf.function(autograph=False)
    def judge(scores, state):
        def step(i, state, kept):
            candidates = tc.Scored(scores[i], scores[i])
            at = tc.seeds.fold_in(seed, i)
            verdict, state, _ = acceptor.step(at, candidates, state)
            return i + 1, state, kept + tf.reduce_sum(tf.cast(verdict.keep, tf.int32))

        return tf.while_loop(lambda i, *_: i < SCORES, step, (0, state, 0))[2]

    state = acceptor.init(seed, tc.Scored(scores[0], scores[0]), real)
    return peak.best_time(lambda: judge(scores, state).numpy())


peak.report("matrix-product peak", peak.peak_gflops(), "GFLOP/s")
move = {"layer": 0, "steps": STEPS, "pick": "last"}
refined = a_pass(sampling.refine(gan, tc.policies.adam(0.01), **move))
peak.report(f"refinement of {N} latents, one pass", refined(), "s")
for name in sys.argv[1:] or WALKS:
    walk = WALKS[name]
    seconds, than = beside(a_pass(walk(gan)), refined)
    told = f"{seconds / than:.2f} times refinement's"
    peak.report(f"  {name}", seconds, "s", told)
if sys.argv[1:]:
    sys.exit()
plain = a_proposal(sampling.always())
peak.report(f"plain samples, {N} proposals", plain(), "s")
for name, make in ACCEPTORS.items():
    seconds, than = beside(a_proposal(make(gan)), plain)
    told = f"{seconds / than:.2f} times that of plain samples"
    peak.report(f"  {name}", seconds, "s", told)
scores = tf.random.stateless_normal([SCORES, N // 2], seed)
for name, make in ACCEPTORS.items():
    peak.report(f"{name}, 1e6 scores", judging(make(gan), scores), "s")
