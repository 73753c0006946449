"""One step of training a GAN, and one of tuning its D alone (shaping, calibrating)."""

import warnings
from collections.abc import Callable

import tensorflow as tf

from tf_collab import base, seeds
from tf_collab.cpu import compilation

__all__ = ["train_step", "tune_step"]


def train_step(
    gan: base.GAN,
    g_opt,
    d_opt,
    *,
    g_steps: int = 1,
    shared_z: bool = False,
    simultaneous: bool = False,
    previous: tf.Variable | None = None,
    prior: Callable | None = None,
    xla: bool | None = None,
) -> Callable:
    """`step(index, seed, real) -> scalars`: an update of D, then `g_steps` of G.

    Each update is on fresh z, or all on the same with `shared_z`, as in the authors'
    image code. Both nets run in training mode: batch-norm normalises every pass by
    itself, reals and fakes apart. `g_loss` is the last one's.

    `simultaneous` takes both gradients from one forward pass and then applies both, as
    Coulomb GANs do. `previous` holds the fakes of the step before, [batch, *data],
    from which an objective may learn once more; save it with the nets. `prior` gives
    the z of training, where that is not the GAN's own.

    A loss is NaN from the step on that leaves a weight not finite. ValueError for a
    net frozen as a whole; in one frozen in part, what is frozen stays.
    """
    if g_steps < 1:
        raise ValueError(f"G takes one step or more after each of D's, not {g_steps}")
    if simultaneous and g_steps > 1:
        raise ValueError(f"G and D step together: g_steps is 1 there, not {g_steps}")
    g, d, prior = gan.generator, gan.discriminator, prior or gan.prior
    _build(g_opt, g, "generator")
    _build(d_opt, d, "discriminator")
    # A pass forward alone is faster in XLA where the whole step is not.
    generate = compilation.compiled(lambda z: g(z, training=True), g, xla=xla)
    score = _learner(d)

    def improve_g(z):
        with tf.GradientTape() as tape:
            scores = score(g(z, training=True), training=True)
            loss = tf.reduce_mean(gan.objective.energy(scores)) + _own_losses(g)
        _apply(g_opt, tape, loss, g)
        return loss

    def in_turn(index, seed, real, z_for_d, z_for_g):
        fake = generate(z_for_d)
        d_loss = _improve_d(gan, d_opt, real, fake, index, seed, previous)
        *_, g_loss = [improve_g(z) for z in z_for_g]
        return d_loss, _while_finite(g_loss, g), fake

    def at_once(index, seed, real, z, _):
        passes = {}

        def scored(x, training=True):
            passes[x.ref()] = score(x, training=training)
            return passes[x.ref()]

        with tf.GradientTape(persistent=True) as tape:
            fake = g(z, training=True)
            d_loss = gan.objective.discriminator_loss(
                scored, real, fake, seed=seed, step=index, previous=previous
            )
            d_loss += _own_losses(d)
            # The same pass, unless D was asked about something near the fakes only.
            scores = passes.get(fake.ref())
            if scores is None:
                scores = score(fake, training=True)
            g_loss = tf.reduce_mean(gan.objective.energy(scores)) + _own_losses(g)
        # Both gradients before either net has moved.
        d_grads, g_grads = (
            tape.gradient(loss, net.trainable_variables)
            for loss, net in ((d_loss, d), (g_loss, g))
        )
        d_opt.apply(d_grads, d.trainable_variables)
        g_opt.apply(g_grads, g.trainable_variables)
        return _while_finite(d_loss, d), _while_finite(g_loss, g), fake

    def update(*args):
        d_loss, g_loss, fake = (at_once if simultaneous else in_turn)(*args)
        if previous is not None:
            previous.assign(fake)
        return {"d_loss": d_loss, "g_loss": g_loss}

    update = _compiled(update, g, d, xla=xla)

    def step(index, seed, real):
        n = _batch_size(real)
        loss_seed, d_seed, *g_seeds = seeds.split(seed, 2 + g_steps)
        z_for_d = prior(n, d_seed)
        z_for_g = [z_for_d if shared_z else prior(n, s) for s in g_seeds]
        return update(index, seeds.unsigned(loss_seed), real, z_for_d, z_for_g)

    return step


def tune_step(
    gan: base.GAN, proposer: base.Proposer, optimizer, *, xla: bool | None = None
) -> Callable:
    """`step(index, seed, real) -> scalars`: D learns to tell the proposals from reals.

    With `refine(..., pick="random")` this shapes D (Liu et al., 2020), with `direct`
    it calibrates it. G stays as it is. Warns (`Doubt`) of refined samples that are not
    of random depth, or that another D refines than the one that learns. ValueError for
    a D frozen as a whole, as Keras' usual GAN leaves it: `models.thaw` the copy.
    """
    d = gan.discriminator
    _build(optimizer, d, "discriminator")
    if proposer.pick not in (None, "random"):
        warnings.warn(
            f"D is to learn from refined samples picked as {proposer.pick!r}, and "
            "shaping takes them at random depths, so that D judges every step of a "
            "path: give refine(..., pick='random')",
            base.Doubt,
            stacklevel=2,
        )
    if proposer.guide is not None and proposer.guide.discriminator is not d:
        warnings.warn(
            "the D that learns is not the one that refines its samples: give "
            "tune_step(shaped, refine(shaped, ...)) one GAN",
            base.Doubt,
            stacklevel=2,
        )

    def update(index, seed, real, fake):
        return {"d_loss": _improve_d(gan, optimizer, real, fake, index, seed)}

    update = _compiled(update, d, xla=xla)

    def step(index, seed, real):
        z_seed, init_seed, step_seed, loss_seed = seeds.split(seed, 4)
        z = gan.prior(_batch_size(real), z_seed)
        state = proposer.init(init_seed, z, gan.scored(real))
        candidates, _, _ = proposer.step(step_seed, z, state)
        return update(index, seeds.unsigned(loss_seed), real, candidates.x)

    return step


def _improve_d(gan, optimizer, real, fake, index, seed, previous=None):
    d = gan.discriminator
    with tf.GradientTape() as tape:
        loss = gan.objective.discriminator_loss(
            _learner(d), real, fake, seed=seed, step=index, previous=previous
        )
        loss += _own_losses(d)
    _apply(optimizer, tape, loss, d)
    return _while_finite(loss, d)


def _learner(d):
    """`d`, fed in pieces where that is faster and the same."""
    if not compilation.narrow(d):
        return d
    score = compilation.in_pieces(lambda x: d(x, training=True))
    return lambda x, training=True: score(x)


def _compiled(update, *nets, xla):
    if xla is None and compilation.narrow(nets[-1]):
        xla = False
    return compilation.compiled(update, *nets, xla=xla)


def _apply(optimizer, tape, loss, model):
    variables = model.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)


def _while_finite(loss, model):
    """The loss, or NaN as soon as a weight is not finite.

    A loss alone does not tell: on a CPU TensorFlow's fused ReLU makes 0 of NaN, and a
    GAN whose weights are NaN goes on with losses that look like a balance.
    """
    finite = [tf.reduce_all(tf.math.is_finite(v)) for v in model.trainable_variables]
    return tf.where(tf.reduce_all(finite), loss, float("nan"))


def _own_losses(model):
    """Penalties that the model's layers carry, such as L2 on kernels."""
    return tf.add_n(model.losses) if model.losses else 0.0


def _build(optimizer, model, name):
    variables = model.trainable_variables
    if not variables and not all(part.trainable for part in model._flatten_layers()):
        raise ValueError(
            f"the {name} is frozen as a whole and cannot learn: models.thaw undoes it"
        )
    # Before anything is traced or restored: a slot made later would be missed.
    optimizer.build(variables)


def _batch_size(real):
    leaf = tf.nest.flatten(real)[0]
    return leaf.shape[0] or tf.shape(leaf)[0]
