"""A GAN's objective and prior, as somebody gives them."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base, files, names, priors, seeds, tables

__all__ = ["drawn", "objective_of", "prior_of"]

# A prior of NumPy's draws, which a graph asks anew at each step.
WRAPPED = (
    "lambda n, seed: tf.reshape(tf.numpy_function(lambda n, seed: "
    'np.random.default_rng(seed.view("uint32")).normal(size=[{shape}])'
    '.astype("float32"), [n, seed], tf.float32), [{shape}])'
)


def objective_of(given: Any) -> base.Objective:
    """An objective by its name in `tables.OBJECTIVES`, or the one that is given."""
    if isinstance(given, base.Objective):
        return given
    if given is None:
        raise TypeError(
            "objective=... is needed, what D was trained with: one of "
            f"{', '.join(tables.OBJECTIVES)}"
        )
    if isinstance(given, str):
        if given in tables.OBJECTIVES:
            return tables.OBJECTIVES[given].build()
        ours = tables.OBJECTIVES
        raise ValueError(
            f"there is no objective {given!r}: what D was trained with is one of "
            f"{names.known(given, ours, tables.elsewhere(ours))}"
        )
    told = getattr(given, "__name__", type(given).__name__)
    raise TypeError(
        f"objective is a name, as 'nsgan', or what objectives.nsgan() gives, not {told}"
    )


def prior_of(given: Any, generator: Any) -> tuple[base.LatentDraw, list[str]]:
    """The prior that is given, else normals where G takes flat latents and no more."""
    if given is None:
        shape = _shape(generator)
        if shape is None:
            raise ValueError(
                "prior is missing, and this generator's input does not tell it: give "
                "the law of z, as prior=tc.priors.normal(100); with a label beside z, "
                "prior=tc.priors.labelled(tc.priors.normal(100), classes=10)"
            )
        told = f"z was taken for standard normal, [batch, {shape}]: no prior was given"
        return priors.normal(shape), [told]
    if not callable(given):
        like = (
            f"tc.priors.normal({given})" if _is_count(given) else "tc.priors.normal(16)"
        )
        raise TypeError(
            f"prior is a function (n, seed) -> z, as {like} gives, not "
            f"{type(given).__name__}"
        )
    return given, []


def drawn(prior: base.LatentDraw, n: int = 8) -> Any:
    """n latents; ValueError where a prior gives something else."""
    try:
        z = prior(n, seeds.as_seed(0))
    except Exception as error:  # whatever somebody's function may raise
        raise ValueError(
            f"the prior was asked for {n} latents as prior({n}, seed), and failed: "
            f"{files.first_sentence(error)}"
        ) from error
    if isinstance(z, base.Prior) or callable(z):
        name = getattr(prior, "__name__", "normal")
        raise ValueError(
            f"the prior gives a function in place of latents: call it first, as {name}"
            "(16)"
        )
    leaves = tf.nest.flatten(z)
    for leaf in leaves:
        if not tf.is_tensor(leaf):
            shape = ", ".join(["n", *map(str, np.shape(leaf)[1:] or [16])])
            raise ValueError(
                f"the prior gives {type(leaf).__name__} in place of tensors, which "
                "would be the same at every step: draw by TensorFlow, as "
                f"lambda n, seed: tf.random.stateless_normal([{shape}], seed) does, or "
                f"give NumPy's draws as {WRAPPED.format(shape=shape)}"
            )
        if leaf.shape.rank == 0 or leaf.shape[0] != n:
            raise ValueError(
                f"the prior was asked for {n} latents and gives an array of shape "
                f"{list(leaf.shape)}: its first axis is the batch"
            )
    return z


def _is_count(given):
    return isinstance(given, (int, np.integer)) and not isinstance(given, bool)


def _shape(generator):
    """n of a generator with one input [batch, n], else None."""
    shape = getattr(generator, "input_shape", None) if _is_known(generator) else None
    if isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], int):
        return shape[1]
    return None


def _is_known(generator):
    return isinstance(generator, keras.Model) and hasattr(generator, "inputs")
