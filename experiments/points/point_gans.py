"""The GAN of a 2-D run: fresh, the authors', or anybody's Keras files."""

from typing import Any

import keras
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from tf_collab import tables

__all__ = ["check", "make"]


def make(config: Any) -> tc.GAN:
    """The nets that the flags name, untrained unless they come from elsewhere."""
    if config.generator:
        return _from_keras(config)
    g = tc.models.MLPGenerator(
        config.nhidden,
        config.nlayers,
        affine=config.bn_affine,
        seed=1000 * config.seed,
    )
    d = tc.models.MLPDiscriminator(
        config.nhidden, config.nlayers, seed=1000 * config.seed + 500
    )
    if config.init_checkpoint:
        with errors.blaming(
            "--init_checkpoint takes the authors' TF1 checkpoints",
            advice=" (a GAN trained here is given by --generator and --discriminator, "
            "the .keras files in its models folder)",
        ):
            tc.models.read_tf1(config.init_checkpoint, g, d)
    objective = tables.OBJECTIVES[config.gan].build()
    return tc.GAN(g, d, tc.priors.normal(2), objective)


def _from_keras(config: Any) -> tc.GAN:
    assert config.generator and config.discriminator  # given both or none
    with errors.blaming("--generator, --discriminator"):
        g, d = map(tc.models.load, (config.generator, config.discriminator))
    if len(g.inputs) != 1:
        raise errors.Refused(
            f"--generator={config.generator}: it has {len(g.inputs)} inputs, and this "
            "experiment gives it one, standard normals"
        )
    if g.outputs[0].dtype != "float32":  # as the data are, and as files can carry
        g = keras.Model(g.inputs[0], keras.ops.cast(g.outputs[0], "float32"))
    z = g.inputs[0]
    if None in z.shape[1:] or not keras.backend.is_float_dtype(z.dtype):
        raise errors.Refused(
            f"--generator={config.generator}: its input is {z.dtype} {list(z.shape)}, "
            "and this experiment gives it standard normals of a known shape"
        )
    for name, does, given in (
        ("generator", "makes", g.output_shape),
        ("discriminator", "takes", d.input_shape),
    ):
        # A net that was built by a call has that batch's size before the rest.
        if tuple(given or ())[1:] != (2,):
            raise errors.Refused(
                f"--{name}={getattr(config, name)}: this experiment's samples are "
                f"[batch, 2], and it {does} {list(given or ())}"
            )
    with errors.blaming(f"--discriminator={config.discriminator}"):
        scorer = tc.models.scorer(d, probability=bool(tc.models.ends_in_sigmoid(d)))
    return tc.GAN(
        _cut(g),
        scorer,
        tc.priors.normal(*g.input_shape[1:]),
        tables.OBJECTIVES[config.gan].build(),
    )


def _cut(g: keras.Model) -> tc.models.LayeredModel:
    """Cut at every layer if it is a chain, else between latent and data alone."""
    chain = [
        layer.name
        for layer in g.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    try:
        return tc.models.split(g, chain[:-1])
    except ValueError:
        return tc.models.LayeredModel([g])


def check(gan: tc.GAN, config: Any, held_out: tf.Tensor) -> list[str]:
    """Warnings about somebody else's nets; a net that cannot work is refused."""
    if not config.from_files:
        return []
    with errors.blaming("this GAN cannot be sampled"):
        return tc.checks.check(gan, held_out)
