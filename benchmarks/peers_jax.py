"""The 2-D nets beside a JAX program that loops in one compiled call, by turns.

    make bench-peers

The peer is our own short script: the same layers, batch, rates and steps, all steps of
a turn in one `lax.fori_loop` with the moves of refinement inside. A step of shaping
walks with all samples to the largest depth and keeps each at its own, as a program of
fixed shapes does. Both sides run in one process, one after the other; a ratio is of
medians over turns.
"""

import functools
import statistics
import time

import bench_2d as ours
import jax
import jax.numpy as jnp
from jax import lax, nn

BATCH, DEPTH, POINTS = ours.BATCH, ours.DEPTH, ours.POINTS
CENTRES = jnp.asarray(ours.target.centres, jnp.float32)
COUNTS = [int(BATCH * weight + 1e-6) for weight in ours.target.weights]


def net(key, out, norm):
    """Kernels, biases and, with `norm`, scales and shifts of batch-norm."""
    widths = [2, *[64] * 5, out]
    layers = []
    for a, b, one in zip(widths, widths[1:], jax.random.split(key, 6)):
        kernel = nn.initializers.glorot_uniform()(one, (a, b))
        layer = {"kernel": kernel, "bias": jnp.zeros(b)}
        if norm and b == 64:
            layer |= {"scale": jnp.ones(b), "shift": jnp.zeros(b)}
        layers.append(layer)
    return layers


def through(layers, x):
    """D."""
    for layer in layers[:-1]:
        x = nn.relu(x @ layer["kernel"] + layer["bias"])
    return x @ layers[-1]["kernel"] + layers[-1]["bias"]


def generate(layers, moving, z, training):
    """G's points, and the moving means and variances after them."""
    after = []
    for layer, (mean, variance) in zip(layers[:-1], moving):
        z = z @ layer["kernel"] + layer["bias"]
        used = (z.mean(0), z.var(0)) if training else (mean, variance)
        after.append((0.9 * mean + 0.1 * used[0], 0.9 * variance + 0.1 * used[1]))
        z = (z - used[0]) * lax.rsqrt(used[1] + 1e-5)
        z = nn.relu(z * layer["scale"] + layer["shift"])
    return z @ layers[-1]["kernel"] + layers[-1]["bias"], after


def descend(layers, grads, rate):
    return jax.tree.map(lambda value, grad: value - rate * grad, layers, grads)


def reals(key):
    key, noise = jax.random.split(key)
    rest = jax.random.randint(key, [BATCH - sum(COUNTS)], 0, len(COUNTS))
    modes = jnp.repeat(
        jnp.arange(len(COUNTS)), jnp.array(COUNTS), total_repeat_length=sum(COUNTS)
    )
    modes = jnp.concatenate([modes, rest])
    return CENTRES[modes] + ours.target.std * jax.random.normal(noise, [BATCH, 2])


def d_loss(d, real, fake):
    told = nn.softplus(-through(d, real)).mean()
    return told + nn.softplus(through(d, fake)).mean()


@functools.partial(jax.jit, static_argnums=1)
def train(state, count, key):
    def step(i, state):
        g, d, moving = state
        data, for_d, for_g = jax.random.split(jax.random.fold_in(key, i), 3)
        fake, moving = generate(g, moving, jax.random.normal(for_d, [BATCH, 2]), True)
        d = descend(d, jax.grad(d_loss)(d, reals(data), fake), 1e-2)
        z = jax.random.normal(for_g, [BATCH, 2])

        def g_loss(g):
            fake, after = generate(g, moving, z, True)
            return nn.softplus(-through(d, fake)).mean(), after

        grads, moving = jax.grad(g_loss, has_aux=True)(g)
        return descend(g, grads, 5e-3), d, moving

    return lax.fori_loop(0, count, step, state)


def roll_out(d, x, depth, real_mean):
    """Points x, moved as `policies.ladam` does, each to its own depth."""

    def energy(x):
        score = through(d, x)[:, 0]
        return nn.softplus(-score).sum(), score

    def move(k, loop):
        x, mean, square, lag = loop
        grad, score = jax.grad(energy, has_aux=True)(x)
        gap = real_mean - nn.sigmoid(score)
        mean = jnp.where(k == 0, grad, 0.9 * mean + 0.1 * grad)
        square = jnp.where(k == 0, grad**2, 0.5 * square + 0.5 * grad**2)
        lag = jnp.where(k == 0, gap, 0.5 * lag + 0.5 * gap)
        brake = nn.relu(lag + 0.5)[:, None] ** 2
        moved = x - 0.1 * mean / (jnp.sqrt(square) + 1e-8) * brake
        return jnp.where((k < depth)[:, None], moved, x), mean, square, lag

    zero = jnp.zeros_like(x)
    return lax.fori_loop(0, DEPTH, move, (x, zero, zero, zero[:, 0]))[0]


@functools.partial(jax.jit, static_argnums=1)
def shape(state, count, key):
    g, d, moving = state

    def step(i, d):
        data, for_z, for_depth = jax.random.split(jax.random.fold_in(key, i), 3)
        real = reals(data)
        x, _ = generate(g, moving, jax.random.normal(for_z, [BATCH, 2]), False)
        depth = jax.random.randint(for_depth, [BATCH], 0, DEPTH + 1)
        x = roll_out(d, x, depth, nn.sigmoid(through(d, real)).mean())
        return descend(d, jax.grad(d_loss)(d, real, x), 8e-3)

    return g, lax.fori_loop(0, count, step, d), moving


@jax.jit
def refine(state, z, real_mean):
    """The last point, without looking for the best."""
    g, d, moving = state
    depth = jnp.full([POINTS], DEPTH)
    return roll_out(d, generate(g, moving, z, False)[0], depth, real_mean)


def timed(run):
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start


def beside(what, step, count, run):
    """One line: steps a second of both, by turns, and their ratio."""
    timed(run)
    theirs = []
    mine = ours.seconds(step, count, lambda: theirs.append(timed(run)))
    tell(what, count, mine, theirs)


def tell(what, count, mine, theirs, unit="steps/s"):
    a, b = (count / statistics.median(taken) for taken in (mine, theirs))
    ratios = sorted(y / x for x, y in zip(mine, theirs))
    print(
        f"{what}: ours {a:.1f} {unit}, JAX {jax.__version__} {b:.1f}; ours / theirs "
        f"{a / b:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )


def main():
    key = jax.random.key(0)
    moving = [(jnp.zeros(64), jnp.ones(64))] * 5
    state = net(key, 2, True), net(jax.random.fold_in(key, 1), 1, False), moving
    count = ours.TRAINING
    beside("training", ours.train(), count, lambda: train(state, count, key))
    fewer = ours.SHAPING
    beside("shaping", ours.shape(), fewer, lambda: shape(state, fewer, key))
    z = jax.random.normal(key, [POINTS, 2])
    mine, theirs = ours.refined(), lambda: refine(state, z, 0.5)
    turns = [(timed(mine), timed(theirs)) for _ in range(2 + ours.TURNS)][2:]
    tell("refining 10 000 points", 1, *zip(*turns), unit="times/s")


if __name__ == "__main__":
    main()
