"""A step of training a GAN, and a step of tuning only its D (shaping, calibrating)."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tf_collab import base, fingerprints, replicas, seeds, tensors
from tf_collab.cpu import compilation
from tf_collab.training import building

__all__ = ["train_step", "tune_step"]


def train_step(
    gan: base.GAN,
    g_opt: keras.optimizers.Optimizer,
    d_opt: keras.optimizers.Optimizer,
    *,
    g_steps: int = 1,
    shared_z: bool = False,
    simultaneous: bool = False,
    previous: tf.Variable | None = None,
    prior: Callable | None = None,
    xla: bool | None = None,
) -> Callable:
    """`step(index, seed, real) -> scalars`: an update of D, then `g_steps` of G.

    `real` is [batch, *data]; the scalars [] are `d_loss` and `g_loss`, that of the last
    update of G. Each update draws its own z; with `shared_z` all share one, as in the
    authors' image code. Both nets run in training mode: batch-norm normalises every
    pass separately, reals apart from fakes.

    `simultaneous` takes both gradients from one forward pass and then applies both, as
    Coulomb GANs do. `previous` is a variable [batch, *data] with the fakes of the step
    before, which an objective may learn from again; save it with the nets. `prior`
    draws the z of training, if it is not the GAN's own prior. `xla=None` uses XLA where
    it pays.

    In the scope of a `tf.distribute` strategy, which the nets and optimizers need too,
    each replica does its share of the batch, so that weights are those of one process
    but for rounding if batch-norm is synchronized; `previous` needs an aggregation of
    ONLY_FIRST_REPLICA. There `xla` is off.

    A loss is NaN from the step on in which a weight stops being finite. Raises
    ValueError if a net is frozen as a whole, or if `g_steps` does not fit. Layers that
    are frozen in a net which can still learn stay frozen.
    """
    if g_steps < 1:
        raise ValueError(f"g_steps must be 1 or more, not {g_steps}")
    if simultaneous and g_steps > 1:
        raise ValueError(f"with simultaneous, g_steps must be 1, not {g_steps}")
    g, d, prior = gan.generator, gan.discriminator, prior or gan.prior
    building.build(g_opt, g, "generator")
    building.build(d_opt, d, "discriminator")
    # A forward pass alone is faster in XLA even where the whole step is not.
    ahead = replicas.alone() and compilation.worthwhile(g) if xla is None else xla
    generate = _compiled(lambda z: g(z, training=True), g, xla=ahead)
    score = _learner(d)

    own_loss = gan.objective.generator_loss
    before = lambda: None if previous is None else replicas.mine(previous.value())

    def improve_g(z: Any, real: Any) -> tf.Tensor:
        with tf.GradientTape() as tape:
            fake = g(z, training=True)
            if own_loss is None:
                scores = score(fake, training=True)
                loss = tf.reduce_mean(gan.objective.energy(scores))
            else:
                loss = own_loss(score, real, fake)
            loss += _own_losses(g)
        _apply(g_opt, tape, loss, g)
        return loss

    def in_turn(
        index: tf.Tensor, seed: tf.Tensor, real: Any, z_for_d: Any, z_for_g: list
    ) -> tuple[tf.Tensor, tf.Tensor, Any]:
        fake = generate(z_for_d)
        d_loss = _improve_d(gan, d_opt, real, fake, index, seed, before())
        *_, g_loss = [improve_g(z, real) for z in z_for_g]
        return d_loss, _while_finite(g_loss, g), fake

    def at_once(
        index: tf.Tensor, seed: tf.Tensor, real: Any, z: Any, _: list
    ) -> tuple[tf.Tensor, tf.Tensor, Any]:
        passes = {}

        def scored(x: Any, training: bool = True) -> tf.Tensor:
            passes[x.ref()] = score(x, training=training)
            return passes[x.ref()]

        with tf.GradientTape(persistent=True) as tape:
            fake = g(z, training=True)
            d_loss = gan.objective.discriminator_loss(
                scored, real, fake, seed=seed, step=index, previous=before()
            )
            d_loss += _own_losses(d)
            # The pass of the loss, unless D was called on moved fakes only.
            scores = passes.get(fake.ref())
            if scores is None:
                scores = score(fake, training=True)
            g_loss = tf.reduce_mean(gan.objective.energy(scores))
            if own_loss is not None:
                g_loss = own_loss(score, real, fake)
            g_loss += _own_losses(g)
        # Both gradients, before either net changes.
        d_grads, g_grads = (
            _gradients(tape, loss, net) for loss, net in ((d_loss, d), (g_loss, g))
        )
        d_opt.apply(d_grads, d.trainable_variables)
        g_opt.apply(g_grads, g.trainable_variables)
        return _while_finite(d_loss, d), _while_finite(g_loss, g), fake

    def update(*args: Any) -> dict[str, tf.Tensor]:
        d_loss, g_loss, fake = (at_once if simultaneous else in_turn)(*args)
        if previous is not None:
            previous.assign(replicas.gathered(fake))
        return {"d_loss": d_loss, "g_loss": g_loss}

    update = _compiled(update, g, d, xla=xla)

    def step(index: tf.Tensor, seed: tf.Tensor, real: Any) -> dict[str, tf.Tensor]:
        loss_seed, d_seed, *g_seeds = seeds.split(seed, 2 + g_steps)
        draw = lambda seed: replicas.drawn(prior, tensors.batch_size(real), seed)
        z_for_d = draw(d_seed)
        z_for_g = [z_for_d if shared_z else draw(s) for s in g_seeds]
        return update(index, seeds.unsigned(loss_seed), real, z_for_d, z_for_g)

    return replicas.shared(step)


def tune_step(
    gan: base.GAN,
    proposer: base.Proposer,
    optimizer: keras.optimizers.Optimizer,
    *,
    xla: bool | None = None,
) -> Callable:
    """`step(index, seed, real) -> scalars`: D learns to tell proposals from reals.

    `real` is [batch, *data]; the scalar [] is `d_loss`. With the proposer
    `refine(..., pick="random")` this shapes D (Liu et al., 2020), with `direct` it
    calibrates D. G does not change. Strategies are as in `train_step`. Warns (`Doubt`)
    if refined samples are not of random depth, or if another D than the one that learns
    refines them. Raises ValueError if D is frozen as a whole, as Keras' usual GAN
    leaves it: use `models.thaw` on the copy that is tuned.
    """
    d = gan.discriminator
    building.build(optimizer, d, "discriminator")
    if not replicas.alone() and (
        gan.batch_statistics or (proposer.guide is not None and proposer.pick is None)
    ):
        raise ValueError(
            "the replicas of a strategy learn from plain or refined samples, of a GAN "
            "without batch_statistics: another walk would have the same noise in each"
        )
    if proposer.pick not in (None, "random"):
        warnings.warn(
            f"D is to learn from refined samples picked as {proposer.pick!r}, and "
            "shaping takes them at random depths, so that D judges every step of a "
            "path: give refine(..., pick='random')",
            base.Doubt,
            stacklevel=2,
        )
    guide = proposer.guide
    if guide is not None and not fingerprints.same(guide.discriminator, d):
        warnings.warn(
            "the D that learns is not the one that refines its samples: give "
            "tune_step(shaped, refine(shaped, ...)) one GAN",
            base.Doubt,
            stacklevel=2,
        )

    def update(
        index: tf.Tensor, seed: tf.Tensor, real: Any, fake: Any
    ) -> dict[str, tf.Tensor]:
        return {"d_loss": _improve_d(gan, optimizer, real, fake, index, seed)}

    update = _compiled(update, d, xla=xla)

    def step(index: tf.Tensor, seed: tf.Tensor, real: Any) -> dict[str, tf.Tensor]:
        z_seed, init_seed, step_seed, loss_seed = seeds.split(seed, 4)
        z = replicas.drawn(gan.prior, tensors.batch_size(real), z_seed)
        state = proposer.init(init_seed, z, gan.scored(real))
        candidates, _, _ = proposer.step(step_seed, z, state)
        return update(index, seeds.unsigned(loss_seed), real, candidates.x)

    return replicas.shared(step)


def _improve_d(
    gan: base.GAN,
    optimizer: keras.optimizers.Optimizer,
    real: Any,
    fake: Any,
    index: tf.Tensor,
    seed: tf.Tensor,
    previous: Any = None,
) -> tf.Tensor:
    d = gan.discriminator
    with tf.GradientTape() as tape:
        loss = gan.objective.discriminator_loss(
            _learner(d), real, fake, seed=seed, step=index, previous=previous
        )
        loss += _own_losses(d)
    _apply(optimizer, tape, loss, d)
    return _while_finite(loss, d)


def _learner(d: keras.Model) -> Callable[..., tf.Tensor]:
    """`d`, called on pieces of a batch where that is faster and gives the same."""
    if not compilation.narrow(d):
        return d
    score = compilation.in_pieces(lambda x: d(x, training=True))
    return lambda x, training=True: score(x)


def _compiled(update: Callable, *nets: keras.Model, xla: bool | None) -> Callable:
    if not replicas.alone():
        # Replicas meet in it, which they cannot inside of a function.
        if xla:
            raise ValueError(
                "xla=True compiles a step, in which the replicas of a strategy meet: "
                "leave it out"
            )
        return update
    if xla is None and compilation.narrow(nets[-1]):
        xla = False
    return compilation.compiled(update, *nets, xla=xla)


def _apply(
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape,
    loss: tf.Tensor,
    model: keras.Model,
) -> None:
    optimizer.apply(_gradients(tape, loss, model), model.trainable_variables)


def _gradients(tape: tf.GradientTape, loss: tf.Tensor, model: keras.Model) -> list:
    """Of this replica's part of the loss, which optimizers add up over replicas."""
    part = tf.ones_like(loss) / replicas.count()
    return tape.gradient(loss, model.trainable_variables, output_gradients=part)


def _while_finite(loss: tf.Tensor, model: keras.Model) -> tf.Tensor:
    """The loss [], or NaN as soon as a weight is not finite.

    A loss may stay finite: on a CPU TensorFlow's fused ReLU turns NaN into 0, and a GAN
    whose weights are NaN goes on with losses that look balanced.
    """
    finite = [tf.reduce_all(tf.math.is_finite(v)) for v in model.trainable_variables]
    return tf.where(tf.reduce_all(finite), loss, float("nan"))


def _own_losses(model: keras.Model) -> tf.Tensor | float:
    """The sum of the penalties of the model's layers, such as L2 of kernels."""
    return tf.add_n(model.losses) if model.losses else 0.0
