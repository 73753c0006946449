"""Samplers that choose, beside each other, where D's ratio has heavy tails.

    python -m benchmarks.heavy_tails --out=FILE --seed 0 1 2 3 4
    python -m benchmarks.heavy_tails --table FILE

G makes standard normal numbers and D is exact, so that only the rule of choosing is
left. The data are a narrow normal law, whose ratio is bounded, a wide one, whose ratio
is not but has a variance, and Student's t of three degrees of freedom, whose ratio has
none. A line is a law of a seed. Lines that are there are not
made again.
"""

import functools
import os
import statistics
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from scipy import stats

import tf_collab as tc
from benchmarks import json_lines

N, BATCH = 10_000, 20_000
FAR = 3.0  # standard deviations of G: what lies beyond is a tail
LAWS = {  # and the logarithms of their densities, but for a constant
    "narrow normal": (stats.norm(0.5, 0.6), lambda x: -(((x - 0.5) / 0.6) ** 2) / 2),
    "wide normal": (stats.norm(0, 1.2), lambda x: -((x / 1.2) ** 2) / 2),
    "Student's t": (stats.t(3), lambda x: -2 * tf.math.log1p(x**2 / 3)),
}
RULES = {
    "standard": lambda gan: tc.sampling.always(),
    "rejection": tc.sampling.drs,
    "hastings, thin 5": lambda gan: tc.sampling.mhgan(gan, thin=5),
    "hastings, thin 20": lambda gan: tc.sampling.mhgan(gan, thin=20),
    "obrs, budget 5": lambda gan: tc.sampling.obrs(gan, budget=5),
    "obrs, budget 20": lambda gan: tc.sampling.obrs(gan, budget=20),
    "sir, pool 5": lambda gan: tc.sampling.sir(gan, pool=5),
    "sir, pool 20": lambda gan: tc.sampling.sir(gan, pool=20),
    "isir, 5 particles": lambda gan: tc.sampling.isir(gan, particles=5),
    "isir, 20 particles": lambda gan: tc.sampling.isir(gan, particles=20),
}
HEADS = (
    "| {} | proposals a sample | distance to the data ↓ | share beyond 3, "
    "of the data's |",
    "|:--|--:|--:|--:|",
)


def exact(name: str) -> tc.GAN:
    """G is the identity of normal latents, D is the log ratio itself."""
    law, log_density = LAWS[name]
    constant = law.logpdf(0.0) - stats.norm.logpdf(0.0) - float(log_density(0.0))

    def ratio(x: tf.Tensor, training: bool = False) -> tf.Tensor:
        at = x[:, 0]
        return log_density(at) + at**2 / 2 + constant

    g = tc.models.LayeredModel([tf.identity])
    return tc.GAN(g, ratio, tc.priors.normal(1), tc.objectives.nsgan())


def measured(name: str, seed: int) -> dict[str, Any]:
    """A line: what each rule makes of one law."""
    law, gan = LAWS[name][0], exact(name)
    middle = (np.arange(N) + 0.5) / N
    rules = {}
    for rule, make in RULES.items():
        sampler = tc.sampling.compose(tc.sampling.direct(gan), make(gan))
        real = tc.Scored(None, gan.discriminator(reals(law, seed)))
        batch = sampler.group * (BATCH // sampler.group)
        found = tc.sampling.draw(
            sampler, gan.prior, N, real=real, batch=batch, seed=seed
        )
        x = np.sort(np.ravel(found.x).astype("f8"))
        rules[rule] = {
            "proposals": float(f"{1 / found.efficiency:.4g}"),
            "distance": float(f"{np.abs(x - law.ppf(middle)).mean():.4g}"),
            "far": float(np.mean(np.abs(x) > FAR)),
        }
    beyond = law.cdf(-FAR) + law.sf(FAR)
    return {"law": name, "seed": seed, "far": float(f"{beyond:.4g}"), "rules": rules}


def reals(law: Any, seed: int) -> tf.Tensor:
    x = law.rvs(1000, random_state=np.random.default_rng(seed))
    return tf.constant(x[:, None], tf.float32)


def summary(lines: Sequence[dict[str, Any]]) -> str:
    """A table for each law in Markdown, mean ± standard deviation over the seeds."""
    tables = []
    for name in dict.fromkeys(line["law"] for line in lines):
        same = [line for line in lines if line["law"] == name]
        rows = [HEADS[0].format(name), HEADS[1]]
        for rule in same[0]["rules"]:
            of = lambda key, rule=rule, same=same: [x["rules"][rule][key] for x in same]
            beyond = same[0]["far"]
            shares = [far / beyond for far in of("far")]
            cells = [
                f"{statistics.fmean(of('proposals')):.3g}",
                spread(of("distance")),
                spread(shares) if beyond * N > 10 else "–",
            ]
            rows.append(f"| {rule} | {' | '.join(cells)} |")
        tables.append("\n".join(rows))
    return "\n\n".join(tables) + "\n"


def spread(values: Sequence[float]) -> str:
    """Mean ± standard deviation."""
    half = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.3f} ± {half:.3f}"


def main() -> None:
    parser = json_lines.parser(__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="random seeds")
    flags = parser.parse_args()
    work = (
        ((name, seed), functools.partial(measured, name, seed))
        for seed in flags.seed
        for name in LAWS
    )
    json_lines.collect(flags, work, lambda line: (line["law"], line["seed"]), summary)


if __name__ == "__main__":
    main()
