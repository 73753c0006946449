"""What a tuning was given, in sentences of its report, so that a slip can be seen."""

from typing import Any

import tf_collab as tc
from tf_collab.front.rows import Rows

__all__ = ["few", "shared", "told"]

FEWEST = 512  # rows: an epoch of fewer is less than two batches of points
LAWS = {"normal": "standard normal", "truncated": "truncated normal"}


def told(gan: tc.GAN, objective: Any, train: Rows, held: Rows) -> list[str]:
    """Objective, prior and numbers of rows.

    `objective` is as it was given: a name, a value, or None beside a `tc.GAN`.
    """
    named = objective if isinstance(objective, str) else "as it was built"
    law = _law(getattr(gan.prior, "spec", None))
    notes = [
        f"Given: objective {named}; z {law}; {len(train)} rows of x_train; "
        f"{len(held)} held-out rows. Objective and prior are to be those that the GAN "
        "was trained with: others make samples worse, often without another word."
    ]
    if held.groups is not None:
        notes.append("held_out's law was not compared with x_train's, for its groups.")
    return notes


def few(train: Rows) -> list[str]:
    """Of rows from which a copy of D cannot learn much; [] of many."""
    if len(train) >= FEWEST:
        return []
    return [
        f"x_train has {len(train)} rows, which are few: a copy of D that learns on may "
        f"learn them by heart; give {FEWEST} or more."
    ]


def shared(both: int, held: int) -> list[str]:
    """Of `held` rows that are held out, `both` are in x_train too; [] of none."""
    if not both:
        return []
    are = "is" if both == 1 else "are"
    return [
        f"{both} of {held} held-out rows {are} in x_train too: leave out what is in "
        "both, since D knows it."
    ]


def _law(spec: Any) -> str:
    if spec is None:
        return "by a law of its own"
    name, shape, numbers = spec
    if name == "labelled":
        classes, frequencies, one_hot, in_turn = numbers
        label = "a one-hot label" if one_hot else "a label"
        how = " by frequencies" if frequencies else " in turn" if in_turn else ""
        return f"{_law(shape)} with {label} of {classes}{how}"
    size = ", ".join(["batch", *map(str, shape)])
    law = LAWS.get(name, name)
    if name == "uniform":
        law = f"uniform on [{numbers[0]:g}, {numbers[1]:g})"
    if name == "truncated":
        law += f" at {numbers[0]:g}"
    return f"{law}, [{size}]"
