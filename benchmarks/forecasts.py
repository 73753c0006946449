"""Whether advice holds: forecasts of `tc.advise` beside what is drawn afterwards.

    python -m benchmarks.forecasts --out=FILE --gan=ring --seed 0 1 2
    python -m benchmarks.forecasts --out=FILE --by_heart --seed 0 1 2
    python -m benchmarks.forecasts --table FILE

A line is a GAN of a seed, or, of --by_heart, two Ds of a generator of that seed: one
has learned from ever new reals, the other from the same 500. Lines that are there are
not made again.
"""

import functools
import os
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from benchmarks import forecast_table, json_lines
from benchmarks.forecast_subjects import DRAWN, GANS, by_heart
from tf_collab.front import judging, moves

LATENTS = 1000  # of a line that says nothing of them


def measured(gan: str, seed: int, calls: float, latents: int) -> dict[str, Any]:
    """A line: forecasts by so many latents, and what was drawn."""
    keras.utils.set_random_seed(seed)
    begun = time.process_time()
    subject = GANS[gan](seed)
    trained = time.process_time()
    look = subject.features
    how = {"features": look, "good": subject.good, "n": latents, "seed": seed}
    advice = tc.advise(subject.gan, subject.held_out, calls, **how)
    advised = time.process_time()
    judge = judging.judge(subject.train, features=look, seed=seed)
    reals = judge.features(subject.fresh)
    methods = {
        line.method: told(
            subject, advice, line, judge, reals, seed, DRAWN * latents // LATENTS
        )
        for line in advice.lines
    }
    return {
        "gan": gan,
        "seed": seed,
        "calls": calls,
        **({} if latents == LATENTS else {"latents": latents}),
        "named": advice.method,
        "kind": advice.kind,
        "slope": advice.given and rounded(advice.given.slope),
        "mean": advice.given and rounded(advice.given.mean),
        "used": [rounded(advice.used.slope), rounded(advice.used.mean)],
        "gradient": advice.gradient,
        "less": advice.walk and rounded(advice.walk.told.less),
        "flagged": advice.flagged,
        "methods": methods,
        "seconds": {  # of processors
            "training": round(trained - begun, 1),
            "advice": round(advised - trained, 1),
            "draws": round(time.process_time() - advised, 1),
        },
    }


def told(subject, advice, line, judge, reals, seed, n) -> dict[str, Any]:
    """Of a method: forecast, and drawn n times."""
    sampler = advice.sampler(line.method)
    real = moves.scored(advice.gan, subject.held_out)
    x, share = drawn(sampler, advice.gan, real, 1000 + seed, n)
    found = {
        "kept": [line.kept, share],
        "distance": [line.distance, judge.distance(reals, judge.features(x))],
        "difference": rounded((line.difference, line.better, line.worse)),
        "cost": line.cost,
    }
    if subject.good is not None:
        plain, _ = drawn(advice.sampler("standard"), advice.gan, real, 2000 + seed, n)
        gain = subject.good(x).mean() - subject.good(plain).mean()
        found["gain"] = [advice.gains[line.method].value, float(gain)]
    return {name: rounded(value) for name, value in found.items()}


def drawn(sampler, gan, real, seed, n) -> tuple[Any, float]:
    """n samples or more, and the share that was kept of what followed the burn-in."""
    batch, parts, count, proposed = 1000 * sampler.group, [], 0, 0
    for _, verdict, _, _ in tc.sampling.draws(
        sampler, gan.prior, real=real, batch=batch, seed=seed
    ):
        keep = verdict.keep.numpy()
        parts.append(tf.nest.map_structure(lambda v, k=keep: v.numpy()[k], verdict.x))
        count, proposed = count + keep.sum(), proposed + batch
        # Chains end together, as they began.
        if count >= n and proposed // batch % sampler.thin == 0:
            break
    x = tf.nest.map_structure(lambda *v: np.concatenate(v), *parts)
    return x, float(count / proposed)


def rounded(value):
    if isinstance(value, (tuple, list)):
        return [rounded(part) for part in value]
    return value if value is None else float(f"{value:.4g}")


def by_heart_or_not(seed: int) -> dict[str, Any]:
    """A line: what advice says of the D of ever new reals, and of that of 500."""
    keras.utils.set_random_seed(seed)
    found: dict[str, Any] = {"gan": "by_heart", "seed": seed}
    for name, gan, held_out in by_heart(seed):
        begun = time.process_time()
        advice = tc.advise(gan, held_out, seed=seed)
        found[name] = {
            "flagged": advice.flagged,
            "slope": rounded(advice.given.slope),
            "mean": rounded(advice.given.mean),
            "gradient": advice.gradient,
            "less": advice.walk and rounded(advice.walk.told.less),
            "named": advice.method,
            "seconds": round(time.process_time() - begun, 1),
        }
    return found


def key_of(line: dict[str, Any]) -> tuple:
    """What no two lines of a file share."""
    about = (line["gan"], line["seed"])
    if "calls" not in line:
        return about
    return *about, line["calls"], line.get("latents", LATENTS)


def main() -> None:
    parser = json_lines.parser(__doc__)
    parser.add_argument("--gan", choices=[*GANS], nargs="+", default=[*GANS])
    parser.add_argument("--by_heart", action="store_true", help="two Ds a seed instead")
    parser.add_argument("--seed", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--calls", type=float, default=20, help="passes a sample")
    parser.add_argument(
        "--latents",
        type=int,
        default=LATENTS,
        help="that advice sees; four times as many samples are drawn",
    )
    flags = parser.parse_args()
    if flags.by_heart:
        work = [
            (("by_heart", seed), functools.partial(by_heart_or_not, seed))
            for seed in flags.seed
        ]
    else:
        keys = [
            (gan, seed, flags.calls, flags.latents)
            for seed in flags.seed
            for gan in flags.gan
        ]
        work = [(key, functools.partial(measured, *key)) for key in keys]
    json_lines.collect(flags, work, key_of, forecast_table.summary)


if __name__ == "__main__":
    main()
