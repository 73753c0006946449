"""Held-out reals in four parts, each for one use."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import groups
from tf_collab.front.rows import Rows
from tf_collab.metrics import bootstrap

__all__ = ["LEAST", "Splits"]

SHARES = {"calibrator": 0.2, "diagnosis": 0.15, "dials": 0.3, "verdict": 0.35}
LEAST = 200  # rows in all
FEWEST = 40  # groups of like sizes, which leave each part some


class Splits:
    """Which held-out rows fit a calibrator, diagnose it, choose dials, and judge.

    Rows are shuffled first, always alike. A number that was chosen on rows is too good
    on these rows, so the part for the verdict can be had until `use_up`; RuntimeError
    after it. Rows of a group stay together. Fewer than 200 rows in all are refused, and
    groups that leave a part none, or the verdict fewer than ten: ValueError.
    """

    def __init__(self, held_out: Rows):
        n = len(held_out)
        if n < LEAST:
            raise ValueError(
                f"held_out has {n} rows, and {LEAST} are the fewest: they fit a "
                "calibrator, diagnose it, choose the dials and judge, each part apart"
            )
        order, ends = groups.in_order(n, held_out.groups, seed=0)
        counts = np.rint(np.cumsum([*SHARES.values()]) * n).astype(int)
        cuts = [0, *(groups.whole(ends, count) for count in counts)]
        self._parts = {
            name: held_out.take(order[start:stop])
            for name, start, stop in zip(SHARES, cuts[:-1], cuts[1:])
        }
        judges = self._parts["verdict"].groups
        if not all(map(len, self._parts.values())) or (
            judges is not None and len(np.unique(judges)) < bootstrap.LEAST
        ):
            raise ValueError(
                f"held_out has {n} rows in {len(ends)} groups, which are too few, or "
                "too unequal, to part: the verdict gets "
                f"{SHARES['verdict']:.0%} of the rows and needs {bootstrap.LEAST} "
                f"groups, which {FEWEST} of like sizes would leave"
            )
        self._judged = False
        self.sizes = {name: len(part) for name, part in self._parts.items()}

    def __getitem__(self, name: str) -> Rows:
        """The part of a name; that of the verdict only until it was given."""
        if name != "verdict":
            return self._parts[name]
        if self._judged:
            raise RuntimeError(
                "the verdict was given on these held-out rows, and what is chosen "
                "after it needs others: begin anew with a held_out that is fresh"
            )
        return self._parts[name]

    def chosen_on(self) -> Rows:
        """The rows of all parts but that of the verdict, without their labels."""
        return _joined(
            [part for name, part in self._parts.items() if name != "verdict"]
        )

    @property
    def x(self) -> Any:
        """All rows, of the verdict too: others are compared with them, no more."""
        return _joined([*self._parts.values()]).x

    def use_up(self) -> None:
        """Says that the verdict was given."""
        self._judged = True


def _joined(parts: list[Rows]) -> Rows:
    """The rows of some parts, without their labels."""
    join = lambda *leaves: np.concatenate(leaves)
    x = tf.nest.map_structure(join, *(part.x for part in parts))
    known = [part.groups for part in parts if part.groups is not None]
    return Rows(x, None, (), join(*known) if known else None)
