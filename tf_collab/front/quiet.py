"""Doubts that a report is to have, kept in place of being shown."""

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_collab import base
from tf_collab.sampling import samples

__all__ = ["KEPT", "kept", "kind", "of", "quiet"]

# Where nobody can set thin.
KEPT = "the others are all that is judged and drawn, and each of them costs more passes"


def kind(doubt: str) -> str:
    """A doubt without its numbers, in which two draws differ."""
    return re.sub(r"-?[\d.]+(e[+-]?\d+)?", "", doubt)


@contextlib.contextmanager
def kept(keep: Callable[[str], Any]) -> Iterator[None]:
    """Inside, doubts go to `keep` as sentences, and other warnings are shown as ever.

    Advice of dials that a collaboration does not have is left out. `keep` raises no
    doubt itself, which would come back to it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", base.Doubt)
        show = warnings.showwarning

        def told(
            message: Warning | str, category: type[Warning], *place: Any, **more: Any
        ) -> None:
            if issubclass(category, base.Doubt):
                keep(str(message).replace(samples.UNCAPPED, KEPT))
            else:
                show(message, category, *place, **more)

        warnings.showwarning = told
        yield


@contextlib.contextmanager
def of(subject: str) -> Iterator[None]:
    """Doubts of what is inside, raised at its end with `subject: ` before each.

    The subject is a method or a D, as "hastings, by the calibrated D".
    """
    doubts: list[str] = []
    try:
        with kept(doubts.append):
            yield
    finally:
        for doubt in doubts:
            warnings.warn(f"{subject}: {doubt}", base.Doubt, stacklevel=3)


@contextlib.contextmanager
def quiet(keep: Callable[[str], Any]) -> Iterator[None]:
    """As `kept`, without TensorFlow's remarks on retracing, which is meant."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with kept(keep):
            yield
    finally:
        logger.setLevel(level)
