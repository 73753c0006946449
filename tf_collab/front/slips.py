"""What a tuning was given, in sentences of its report, so that a slip can be seen."""

from typing import Any

import tf_collab as tc
from tf_collab.front.rows import Rows

__all__ = ["told"]

FEW = 512  # rows: an epoch of fewer is less than two batches of points
LAWS = {"normal": "standard normal", "truncated": "truncated normal"}


def told(gan: tc.GAN, objective: Any, train: Rows, held: Rows, both: int) -> list[str]:
    """Objective, prior and numbers of rows; `both` held-out rows are in x_train too.

    `objective` is as it was given: a name, a value, or None beside a `tc.GAN`.
    """
    named = objective if isinstance(objective, str) else "as it was built"
    notes = [
        f"Given: objective {named}; z {_law(gan.prior)}; {len(train)} rows of x_train; "
        f"{len(held)} held-out rows."
    ]
    if len(train) < FEW:
        notes.append(
            f"x_train has {len(train)} rows, which are few: a copy of D that learns on "
            f"may learn them by heart; give {FEW} or more."
        )
    if both:
        notes.append(f"{both} of {len(held)} held-out rows are in x_train too.")
    return notes


def _law(prior: Any) -> str:
    spec = getattr(prior, "spec", None)
    if spec is None:
        return "by a law of its own"
    name, shape, numbers = spec
    size = ", ".join(["batch", *map(str, shape)])
    law = LAWS.get(name, name)
    if name == "uniform":
        law = f"uniform on [{numbers[0]:g}, {numbers[1]:g})"
    if name == "truncated":
        law += f" at {numbers[0]:g}"
    return f"{law}, [{size}]"
