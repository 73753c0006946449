"""How the flags of a sampler are set so that a kept sample costs so much, and no more.

The cost is in passes of one sample forward through a net: `g_forward + d_forward +
2 * (g_backward + d_backward)` of a draw, with all that comes before its first proposal.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__all__ = [
    "Dial",
    "adjusted",
    "annealed",
    "burn_in",
    "chained",
    "chosen",
    "collaborative",
    "forever",
    "jumping",
    "moves",
    "passes",
    "refined",
    "transported",
    "walked",
]

PLAIN = 2  # passes of a plain sample: once through G, once through D
LOOK = 6  # of a look at the slope: both nets, forward and back
LATENTS = 64  # that walk together in a warm-up
WARM = 0.1  # of a budget, what a warm-up or a burn-in takes at most
SLACK = 1e-9  # relative, of a budget that is used up


class Dial(NamedTuple):
    """What more passes buy of a sampler.

    `options` have the sampler's flags as attributes, and `num_samples`, `chains` (those
    that run side by side) and `layer` (that is refined; None: the sample itself).
    """

    # (options, passes) -> flags with which a sample costs that or less; None: too few
    flags: Callable[[Any, float], dict[str, Any] | None]
    # (options, latents that begin) -> passes before the first proposal, in all
    start: Callable[[Any, int], float] = lambda options, latents: 0.0
    # (options, passes) -> latents that begin; None: a batch of them
    latents: Callable[[Any, float], int] | None = None
    # What a sample costs hangs on D: the flags are a first guess.
    chancy: bool = False


def passes(counts: Mapping[str, float]) -> float:
    """What all counts of a draw come to.

    Examples:
        >>> from tf_collab import sampler_dials
        >>> sampler_dials.passes({"g_forward": 3, "d_forward": 3, "d_backward": 1})
        8.0
    """
    forward = sum(counts.get(name, 0.0) for name in ("g_forward", "d_forward"))
    back = sum(counts.get(name, 0.0) for name in ("g_backward", "d_backward"))
    return float(forward + 2 * back)


def forever() -> Dial:
    """Of plain samples, which nothing can be bought for."""
    return Dial(lambda options, passes: None if _times(passes, PLAIN) < 1 else {})


def burn_in(flags: Callable[[float], dict[str, Any]], rows: Callable) -> Dial:
    """Of plain samples that are thrown away by chance, `rows(options)` before the rest.

    `flags(k)` are to keep about one sample in k. The burn-in is shorter where that is
    more than a tenth of the budget.
    """

    def latents(options: Any, passes: float) -> int:
        most = math.floor(WARM * passes * options.num_samples / PLAIN)
        return max(1, min(rows(options), most))

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        spare = passes - PLAIN * latents(options, passes) / options.num_samples
        return flags(spare / PLAIN) if spare >= PLAIN else None

    start = lambda options, latents: PLAIN * latents
    return Dial(of, start, latents, chancy=True)


def chosen(flag: str, *, most: int) -> Dial:
    """Of one plain sample out of so many, `most` at most."""

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        count = min(_times(passes, PLAIN), most)
        return {flag: count} if count else None

    return Dial(of)


def chained(flag: str, *, most: int, more: int = 0) -> Dial:
    """Of chains of plain samples: `flag - more` proposals for each that is kept.

    With `more` a chain chooses among its own and those, and chooses its first as well.
    """

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        price: float = PLAIN
        if more:
            price *= 1 + options.chains / options.num_samples
        count = min(_times(passes, price), most - more)
        return {flag: count + more} if count else None

    first = lambda options, latents: PLAIN * latents if more else 0.0
    return Dial(of, first)


def refined() -> Dial:
    """Of refinement, by the layer that moves."""

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        steps = _steps(options, passes)
        return {"rollout_steps": steps} if steps >= 1 else None

    return Dial(of)


def collaborative(*, thin: int) -> Dial:
    """Of chains of refined samples, `thin` for each that is kept: first fewer of them.

    What is left buys steps of each; a sample that is not moved would be a plain one.
    """

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        for count in range(thin, 0, -1):
            steps = _steps(options, passes / count)
            if steps >= 1:
                return {"mh_thin": count, "mh_pool": False, "rollout_steps": steps}
        return None

    return Dial(of)


def walked() -> Dial:
    """Of a walk whose moves are all taken."""

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        steps = _times(passes, LOOK) - 1  # the last look is at the sample
        return {"walk_steps": steps} if steps >= 1 else None

    return Dial(of)


def transported(*, pairs: int) -> Dial:
    """Of a walk of `dot`, which first asks D about so many pairs for its slope."""

    def start(options: Any, latents: int) -> float:
        if options.dot_slope is not None:
            return 0.0
        return 2 * pairs * PLAIN

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        spare = passes - start(options, 0) / options.num_samples
        if options.dot_space == "data":
            steps = _times(spare - 1, LOOK / 2) - 1  # G makes the start, and no more
        else:
            steps = _times(spare, LOOK) - 1
        return {"walk_steps": steps} if steps >= 1 else None

    return Dial(of, start)


def adjusted(price: Callable[[Any, int], float], *, warm_up: int) -> Dial:
    """Of a walk whose moves are taken or refused, so many of which have a price.

    `price(options, 0)` is that of the look at the start. The warm-up is shorter than
    `warm_up` where that is more than a tenth of the budget.
    """

    def start(options: Any, latents: int) -> float:
        return latents * price(options, options.walk_warm_up)

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        share = LATENTS / options.num_samples
        cost = lambda steps: price(options, steps)
        warm = min(warm_up, _most(cost, WARM * passes / share))
        steps = _most(cost, passes - share * cost(warm))
        return {"walk_steps": steps, "walk_warm_up": warm} if steps >= 1 else None

    return Dial(of, start, lambda options, passes: LATENTS)


def annealed(*, warm_up: int) -> Dial:
    """Of a population of `smc`, whose moves are those of an adjusted walk."""
    walk = adjusted(lambda options, steps: moves(steps), warm_up=warm_up)

    def of(options: Any, passes: float) -> dict[str, Any] | None:
        flags = walk.flags(options, passes) or {"walk_steps": 0}
        turns = flags.pop("walk_steps") // options.smc_moves
        return {"smc_temperatures": turns, **flags} if turns else None

    return walk._replace(flags=of)


def moves(looks: int) -> float:
    """Passes of a walk that looks so often at the slope, after its start."""
    return LOOK * (looks + 1.0)


def jumping(options: Any, steps: int) -> float:
    """Passes of a walk of ex2: a jump is a look, and its fresh samples."""
    jumps = math.ceil(steps / options.ex2_local)
    fresh = PLAIN * (options.isir_particles - 1)
    return moves(steps) + jumps * (LOOK + fresh)


def _most(price: Callable[[int], float], passes: float) -> int:
    """The most steps that cost so much at most; 0 where none do."""
    steps, room = 0, passes * (1 + SLACK)
    while price(steps + 1) <= room:
        more = 1
        while price(steps + 2 * more) <= room:
            more *= 2
        steps += more
    return steps


def _steps(options: Any, passes: float) -> int:
    """Of refinement, each sample of which costs so many passes at most."""
    if options.layer is None:  # D alone, after one pass through G
        return _times(passes - 2, 3)
    return _times(passes - 2 - (options.layer > 0), LOOK)


def _times(passes: float, price: float) -> int:
    return max(0, math.floor(passes / price * (1 + SLACK)))
