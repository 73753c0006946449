"""Moves of latents, some at a time: random numbers first, then a program of rows.

A piece of the batch makes several moves before it waits for the others, as one XLA
program where that is worthwhile. Such a program draws no random numbers, which would be
others than outside of it: each is given those of its moves.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base, seeds
from tf_collab.sampling import latents

__all__ = ["mover", "noisy", "normal", "told"]

AT_ONCE = 10  # moves whose random numbers are in memory

Memory = Any  # a structure of tensors [batch, ...], each row of one latent
# (point, seed, memory, index of the first move, number of moves, *luck)
# -> (point, memory)
Mover = Callable[..., tuple[latents.Point, Memory]]


def mover(
    on: latents.Field,
    chance: Callable[[tf.Tensor, tf.Tensor], Any],
    move: Callable[[latents.Point, Any, tf.Tensor, Memory], tuple],
    *,
    most: int = AT_ONCE,
    xla: bool | None = None,
    ahead: Callable[[latents.Point, Any], latents.Point] | None = None,
) -> Mover:
    """Makes moves, in memory that does not grow with their number.

    `chance(seed, at)` gives the random numbers of one move of latents at `at`, a
    structure of tensors [batch, ...], and `move(point, chance, index, memory)` the next
    point and what is to be remembered, in the structure of `memory`. A move sees rows
    alone. `most` is the number of moves that a caller makes at once, if it is small.
    What is given `luck` begins at `ahead(point, luck)`, in the program of the first
    moves.
    """
    count = max(1, min(most, AT_ONCE))

    def some(
        point: latents.Point,
        memory: Memory,
        dice: Any,
        first: tf.Tensor,
        n: tf.Tensor,
        *luck: Any,
    ) -> tuple[latents.Point, Memory]:
        if luck:
            assert ahead is not None
            point = ahead(point, *luck)

        def one(i: tf.Tensor, point: latents.Point, memory: Memory) -> tuple:
            now = tf.nest.map_structure(lambda leaf: leaf[:, i], dice)
            there = move(point, now, first[0] + i, memory)
            return i + 1, *_shaped(there, (point, memory))

        start = (0, point, memory)
        return tf.while_loop(lambda i, *_: i < n[0], one, start, parallel_iterations=1)[
            1:
        ]

    pieces = on.pieces(some, xla)

    def moved(
        point: latents.Point,
        seed: tf.Tensor,
        memory: Memory,
        first: int | tf.Tensor,
        n: int | tf.Tensor,
        *luck: Any,
    ) -> tuple[latents.Point, Memory]:
        rows = tf.shape(point.score)

        def turn(
            done: int | tf.Tensor, point: latents.Point, memory: Memory, *luck: Any
        ) -> tuple:
            each = [
                chance(seeds.fold_in(seed, first + done + i), point.at)
                for i in range(count)
            ]
            dice = tf.nest.map_structure(lambda *v: tf.stack(v, axis=1), *each)
            due = tf.fill(rows, tf.minimum(n - done, count))
            begun = tf.fill(rows, first + done)
            there = pieces(point, memory, dice, begun, due, *luck)
            return done + count, *_shaped(there, (point, memory))

        start = turn(0, point, memory, *luck) if luck else (0, point, memory)
        if luck and most <= count:
            return start[1:]
        return tf.while_loop(
            lambda done, *_: done < n, turn, start, parallel_iterations=1
        )[1:]

    return moved


def _shaped(new: Any, old: Any) -> Any:
    """What a turn of a loop gives, in the shapes that it was given."""
    keep = lambda a, b: tf.ensure_shape(a, b.shape)
    return tf.nest.map_structure(keep, new, old)


def told(
    first: latents.Point, last: latents.Point, steps: int, looks: int = 1
) -> dict[str, tf.Tensor]:
    """What a walk of `steps` moves of `looks` looks cost, and how far it went.

    Info [batch], in which `walks` is 1 for each, so that its sum tells how many there
    were.
    """
    rows = tf.shape(first.score)
    names = ("g_forward", "d_forward", "g_backward", "d_backward")
    return {
        **dict.fromkeys(names, tf.fill(rows, steps * looks + 1)),
        "steps": tf.fill(rows, steps),
        "walks": tf.ones(rows, tf.int32),
        "squared_norm_before": latents.squared_norm(first.at),
        "squared_norm_after": latents.squared_norm(last.at),
    }


def normal(seed: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """Standard normals of the shape of `at`."""
    return tf.random.stateless_normal(tf.shape(at), seed)


def noisy(
    gan: base.GAN,
    on: latents.Field,
    steps: int,
    there: Callable[[latents.Point, tf.Tensor], tf.Tensor],
    xla: bool | None,
) -> base.Proposer:
    """A proposer of G(z) after `steps` moves that are all taken.

    `there(point, normal)` is the next place, by standard normals of the place's shape.
    """

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> tuple[()]:
        del seed, z, real
        return ()

    def move(
        point: latents.Point, dice: tf.Tensor, index: tf.Tensor, memory: tuple[()]
    ) -> tuple[latents.Point, tuple[()]]:
        del index
        return on.look(there(point, dice)), memory

    moved = mover(on, normal, move, most=steps, xla=xla)

    def step(
        seed: tf.Tensor, z: Any, state: tuple[()]
    ) -> tuple[base.Scored, tuple[()], dict[str, tf.Tensor]]:
        first = on.see(on.begin(z))
        last, _ = moved(first, seed, (), 0, steps)
        return base.Scored(last.x, last.score), state, told(first, last, steps)

    return base.Proposer(init, step, guide=gan)
