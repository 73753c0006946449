"""Refinement: D's gradient moves an activation of G (Liu et al., 2020, section 3).

The generator is cut at a layer, whose activation is `h`. The rest of G turns h into a
sample, and every step moves h so that the energy of this sample falls. Each sample has
its own gradient, and both nets run in inference mode, so a path does not depend on the
batch, unless the GAN has `batch_statistics`.
"""

from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple

import tensorflow as tf

from tf_collab import base, checks, names, replicas, tensors
from tf_collab.cpu import compilation
from tf_collab.sampling import depths, rollout, slots, walking

__all__ = ["RefineState", "refine", "trajectory"]


class RefineState(NamedTuple):
    """What a roll-out needs to know about the reals."""

    real_mean: tf.Tensor  # [], the mean probability that D gives to reals


def refine(
    gan: base.GAN,
    policy: base.Policy,
    *,
    layer: int | str,
    steps: int,
    pick: Literal["best", "random", "last"] = "best",
    stop: float | None = None,
    bounds: tuple[float, float] | None = None,
    hold: Collection[str | int] = (),
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes samples that are refined by `steps` moves of the activation of a layer.

    `layer` is an index from 0 (z) to the generator's depth (the sample itself), or the
    layer's name. `pick` is the visited point to propose: the first one of least energy
    over depths 0..steps (`best`), the one at a depth drawn for each sample, uniform on
    0..steps (`random`, for shaping), or the `last`. `stop` is a probability between 0
    and 1: a sample stops as soon as D gives it that much, and the next one takes its
    place, so that a walk costs the mean number of steps; info["rested"] tells how many
    did. `bounds` is a range (low,
    high) that the activation stays in. None is the range that G says its output has
    (`output_range`: (-1, 1) if it ends in tanh), and no bounds at any other layer;
    (-inf, inf) is no bounds at the last layer too. `xla=None` uses XLA where it pays.

    All leaves of h that are floats move, including one-hot and embedded labels, as D's
    score asks. `hold` lists leaves that do not move, by name, field or index in the
    outermost structure, as hold=["label"] or [1]; those of the GAN's own `hold` do not
    move either. Integer leaves never move, nor do leaves without a gradient, such as
    rounded ones. Raises ValueError if no leaf can move, if an option is out of its
    range, or if D gives no log ratio and the policy or `stop` needs one.

    Examples:
        >>> walk = tc.sampling.refine(gan, tc.policies.sgd(0.1), layer=0, steps=5)
        >>> z = gan.prior(50, (0, 1))
        >>> refined, _, _ = walk.step((0, 2), z, walk.init((0, 3), z, real))
        >>> raw = gan.scored(gan.generator(z))
        >>> bool(np.all(refined.score >= raw.score - 1e-5))
        True
    """
    at = _check(gan, policy, layer, steps, pick, stop, bounds, hold)
    bounds = walking.limits(gan, at, bounds)
    if xla is None:
        xla = compilation.worthwhile(gan.generator, gan.discriminator)
    alone = not gan.batch_statistics  # else the whole batch walks on together
    paired = pick == "random" and stop is None and xla and alone
    rows: int | Callable[[int], int] = 125 if pick == "random" and xla else 500
    if paired:
        roll_out, rows = depths.roll_out(gan, policy, at, bounds, hold), depths.rows_of
    elif stop is not None and alone:
        roll_out = slots.roll_out(gan, policy, at, pick, stop, bounds, hold)
        rows = slots.rows_of if xla else slots.MANY
    else:
        leave = pick == "random" and not xla and alone
        roll_out = rollout.roll_out(
            gan, policy, at, pick, stop, bounds, hold, leave=leave
        )

    def drawn(n: int, seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_uniform([n], seed, 0, steps + 1, tf.int32)

    nets = gan.generator, gan.discriminator
    program = compilation.compiled(roll_out, *nets, xla=xla)
    outside = compilation.rows_outside(*nets)
    walk = compilation.in_pieces(program, rows=outside or rows, loop=not xla)
    encode = compilation.in_pieces(
        compilation.compiled(lambda z: gan.generator.encode(z, to=at), *nets, xla=xla),
        rows=outside or 500,
        loop=not xla,
    )
    if pick == "random":
        walk = (depths.in_pairs if paired else depths.deepest_first)(walk)

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> RefineState:
        del seed, z
        if not policy.needs_ratio:
            return RefineState(tf.zeros([]))
        return RefineState(walking.real_probability(gan, real))

    def step(
        seed: tf.Tensor, z: Any, state: RefineState
    ) -> tuple[base.Scored, RefineState, dict[str, tf.Tensor]]:
        h = encode(z)
        n = tensors.batch_size(h)
        real_mean = tf.fill([n], state.real_mean)
        depth = tf.fill([n], steps)
        if pick == "random":
            depth = replicas.drawn(drawn, n, seed)
        point = walk(h, depth, real_mean)
        calls = _calls(gan, at, point.steps)
        if stop is not None and pick != "random":
            calls["rested"] = tf.cast(point.steps < steps, tf.int32)
        return base.Scored(point.x, point.score), state, calls

    asked = policy.needs_ratio or stop is not None
    guide = gan if asked else gan._replace(calibrator=None)  # which nothing asks then
    return base.Proposer(init, step, guide=guide, pick=pick)


def trajectory(
    gan: base.GAN,
    policy: base.Policy,
    *,
    layer: int | str,
    steps: int,
    bounds: tuple[float, float] | None = None,
    hold: Collection[str | int] = (),
) -> Callable[[Any, base.Scored], base.Scored]:
    """`(z, real) -> Scored` of all visited points, leaves `[steps + 1, batch, ...]`.

    The options are those of `refine`; memory grows with `steps`. Raises ValueError as
    `refine` does.
    """
    at = _check(gan, policy, layer, steps, "last", None, bounds, hold)
    bounds = walking.limits(gan, at, bounds)

    def visits(z: Any, real: base.Scored) -> base.Scored:
        h = gan.generator.encode(z, to=at)
        real_mean = tf.zeros([])
        if policy.needs_ratio:
            real_mean = walking.real_probability(gan, real)
        h, on = walking.ground(gan, at, hold, h)
        begin, move = walking.motion(gan, policy, bounds, on)
        state, seen = begin(h), []
        for _ in range(steps):
            seen.append(on.visit(h)[:2])
            h, state, _ = move(h, state, real_mean)
        seen.append(on.visit(h)[:2])
        return base.Scored(
            *tf.nest.map_structure(lambda *points: tf.stack(points), *seen)
        )

    return visits


def _check(
    gan: base.GAN,
    policy: base.Policy,
    layer: int | str,
    steps: int,
    pick: str,
    stop: float | None,
    bounds: tuple[float, float] | None,
    hold: Collection[str | int],
) -> int:
    checks.cuttable(gan.generator)
    if not isinstance(policy, base.Policy):
        raise ValueError(
            f"a policy must be a Policy, such as policies.ladam(0.1), not {policy!r}"
        )
    index = names.layer_of(gan.generator, layer)
    if steps < 0:
        raise ValueError(f"refinement takes 0 steps or more, not {steps}")
    if pick not in ("best", "random", "last"):
        raise ValueError(f"pick is best, random or last, not {pick!r}")
    if stop is not None and not 0 < stop < 1:
        raise ValueError(f"stop is a probability between 0 and 1, not {stop}")
    if bounds is not None and not bounds[0] < bounds[1]:
        raise ValueError(f"bounds are (low, high) with low < high, not {bounds}")
    if isinstance(hold, str):
        raise ValueError(f"hold is a list of leaves, as hold=[{hold!r}], not a string")
    if policy.needs_ratio or stop is not None:
        gan.log_odds  # noqa: B018  raises here, not later, if D gives none
    return index


def _calls(gan: base.GAN, layer: int, steps: tf.Tensor) -> dict[str, tf.Tensor]:
    """The number of passes of G and D for each sample; a part of G counts as one."""
    to_layer, through_g = int(layer > 0), int(layer < gan.generator.depth)
    return {
        "steps": steps,
        "g_forward": to_layer + through_g * (steps + 1),
        "g_backward": through_g * steps,
        "d_forward": steps + 1,
        "d_backward": steps,
    }
