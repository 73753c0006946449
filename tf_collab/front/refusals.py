"""Calls of `collaborate` that cannot be meant, each told in one sentence."""

import inspect
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, names, tables
from tf_collab.front import copies, keras_gan
from tf_collab.front.advice import is_forecast

__all__ = ["check_apart", "check_draw", "check_options", "exactly"]

PROGRAMS = "mog2d", "mnist", "celeba", "coulomb"  # which draw by each sampler

KNOWN = {
    "x_train": "training, since D knows those",
    "held_out": "the tuning, since dials were chosen and judged on those",
}


def exactly(count: int, given: tuple, form: str) -> tuple:
    """So many values, or TypeError with the form of the call."""
    if len(given) != count:
        many = ": held-out reals go by name, as held_out=..., and so do options"
        raise TypeError(
            f"the form is {form}, and {1 + len(given)} values were given"
            f"{many if len(given) > count else ''}"
        )
    return given


def check_options(nets: dict[str, Any]) -> None:
    """TypeError where `from_keras` has no such option."""
    known = [*inspect.signature(keras_gan.from_keras).parameters][2:]
    for name in nets:
        if name not in known:
            mine = [
                "held_out",
                "labels",
                "groups",
                "features",
                "folder",
                "seed",
                *known,
            ]
            raise TypeError(
                f"collaborate has no option {name!r}, but {names.known(name, mine)}"
            )


def check_draw(n: Any, method: str, against: str = "") -> None:
    """ValueError unless n samples can be drawn by the method of that name.

    Warns (`Doubt`) of what is to be said `against` the method.
    """
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"draw takes a number of samples, 1 or more, not {n!r}")
    if method in tables.USUAL:
        if against:
            warnings.warn(against, base.Doubt, stacklevel=3)
        return
    if method not in tables.SAMPLERS:
        known = names.known(method, tables.USUAL)
        raise ValueError(f"method {method!r} is not one of {known}")
    told = f": the programs {', '.join(PROGRAMS)} draw by it"
    if is_forecast(tables.SAMPLERS[method]):
        told += f", and advice.sampler({method!r}) of advise(gan, x_held_out) does"
    usual = ", ".join(tables.USUAL)
    raise ValueError(f"method is one of {usual}, not {method!r}{told}")


def check_apart(
    train: Any, held: Any, name: str = "held_out", of: str = "x_train"
) -> int:
    """How many held-out rows are in x_train too, or fresh ones in what is held out.

    ValueError where they are of another scale, or more than a tenth of them are known.
    """
    for a, b in zip(tf.nest.flatten(train), tf.nest.flatten(held)):
        if a.dtype.kind != "f":
            continue
        spread = max(float(a.std()), 1e-12)
        far = abs(b.mean() - a.mean()) > 3 * spread
        if far or not 1 / 3 < b.std() / spread < 3 or _halved(a, b) or _halved(b, a):
            raise ValueError(
                f"{name} has values from {b.min():.3g} to {b.max():.3g}, and {of} "
                f"from {a.min():.3g} to {a.max():.3g}: scale them alike, or, if they "
                "are, take both from one shuffle of all reals"
            )
    rows, exact, both = copies.shared(train, held)
    if both > 0.1 * rows:
        told = "" if both == exact else ", once their pictures are rounded to bytes"
        raise ValueError(
            f"{both} of the {rows} rows of {name} are in {of}{told}: give "
            f"reals that were kept from {KNOWN[of]}"
        )
    return both


def _halved(signed: np.ndarray, unit: np.ndarray) -> bool:
    """Whether one has values in [-1, 1], and the other has the like in [0, 1]."""
    if max(-signed.min(), signed.max(), unit.max()) > 1.001 or unit.min() < 0:
        return False
    if np.mean(signed < 0) < 0.1:
        return False
    back = 2 * unit - 1
    return bool(
        abs(back.mean() - signed.mean()) < abs(unit.mean() - signed.mean())
        and abs(back.std() - signed.std()) < abs(unit.std() - signed.std())
    )
