"""The metrics of samples against images, as --metrics asks for them."""

import functools
from collections.abc import Callable
from typing import Any

from experiments.cli import errors, flag_types
from experiments.images import classifier, image_looks, image_metrics, shared_looks
from experiments.rundir import progress
from tf_collab import metrics

__all__ = ["check_logits", "judge", "names", "parts"]

Judge = Callable[[classifier.Pixels], dict[str, float | None]]
WHOLE = {"prdc": ("precision", "recall", "density", "coverage")}


def judge(
    config: Any,
    name: str,
    net: metrics.Classifier,
    pixels: classifier.Pixels | None,
    split: str,
    look: shared_looks.Look | None = None,
) -> Judge:
    """Measures images [n, h, w, c] uint8 against such pixels, or --b's statistics.

    `look` tells what the net sees in images; without it this process looks at them.
    """
    if look is None:
        keep = bool({"kid", "prdc"} & {*config.metrics})
        look = functools.partial(image_looks.look, net, keep=keep)
    look = functools.partial(look, n=config.n)

    @functools.cache
    def say(sentence: str) -> None:  # once, not for every method
        progress.say(sentence)

    def used(there: int, what: str) -> int:
        n = _refuse_few(config, there, what)
        if n < config.n and "n" in config.flags_given():
            say(f"--n={config.n} is more than there are: {what} has {n}")
        return n

    if pixels is not None:
        used(len(pixels), "--b" if config.b else "the test split")
    given = f"--b={config.b}" if config.b else f"--features={name}"
    with errors.blaming(given, OSError):
        if pixels is None:
            assert config.b is not None  # the file of statistics
            real = image_looks.Seen(metrics.load_stats(config.b), None, None)
        else:
            real = look(pixels)
    if config.save_stats:
        with errors.blaming("--save_stats"):
            metrics.save_stats(config.save_stats, real.stats)

    def of(images: classifier.Pixels) -> dict[str, float | None]:
        n = used(len(images), config.a or "a set of samples")
        seen = look(images, splits=parts(config, n))
        found: dict[str, float | None] = {}
        why = []
        for metric in config.metrics:
            try:
                found |= _measured(metric, real, seen, config.splits)
            except ValueError as error:
                why.append(f"--metrics={metric}: {error}")
                found |= dict.fromkeys(WHOLE.get(metric, (metric,)))
        if len(why) == len(config.metrics):
            raise errors.Refused("; ".join(why))
        for sentence in why:  # the others are given
            say(sentence)
        called = names(config, name, net, n, split)
        return {called[metric]: value for metric, value in found.items()}

    return of


def names(
    config: Any, name: str, net: metrics.Classifier, n: int, split: str
) -> dict[str, str]:
    """What the numbers of n images are called, by metric."""
    asked = [one for metric in config.metrics for one in WHOLE.get(metric, (metric,))]
    how: dict[str, Any] = {"n": n, "split": split, "splits": config.splits}
    return {one: image_metrics.called(one, name, net, **how) for one in asked}


def check_logits(config: Any, name: str, net: metrics.Classifier) -> None:
    """Refuses a score of a net without logits."""
    if "is" in config.metrics and net.logits is None:
        raise errors.Refused(f"--metrics=is: {name} gives no logits")


def parts(config: Any, n: int) -> int | None:
    """Over how many parts of n images a score is averaged, if one is asked for."""
    asked = "is" in config.metrics and config.splits <= min(n, config.n)
    return config.splits if asked else None


def _refuse_few(config: Any, n: int, what: str) -> int:
    """Refuses what is too small for every metric; the images of it that are used."""
    n = min(n, config.n)
    # The score asks nothing of what is compared with; prdc has 5 neighbours.
    least = {"fid": 2, "kid": 2, "prdc": 6, "is": 1}
    needed = min(least[metric] for metric in config.metrics)
    if n < needed:
        given = flag_types.spell(config.metrics)
        raise errors.Refused(
            f"--metrics={given} takes {needed} images or more, and {what} has {n}"
        )
    return n


def _measured(
    metric: str,
    real: image_looks.Seen,
    seen: image_looks.Seen,
    splits: int,
) -> dict[str, float]:
    """One metric's numbers by name; ValueError where they cannot be had."""
    if metric == "fid":
        return {metric: metrics.frechet_distance(seen.stats, real.stats)}
    if metric == "is":
        if seen.score is None:
            raise ValueError(
                f"--splits={splits} is more than the {seen.stats.n} images"
            )
        return {metric: seen.score}
    assert real.features is not None and seen.features is not None  # `judge` kept them
    if metric == "kid":
        size = min(1000, len(seen.features), len(real.features))
        return {metric: metrics.kid(real.features, seen.features, size=size)}
    return metrics.precision_recall_density_coverage(real.features, seen.features)
