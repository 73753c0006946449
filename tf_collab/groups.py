"""Rows that come in groups: frames of a film, a person's pictures, a drawing's copies.

Rows of a group are alike, so that only groups are independent of each other: no part of
the data takes some rows of a group, and resampling draws whole groups.
"""

import numpy as np

__all__ = ["in_order", "numbered", "whole"]


def numbered(groups: np.ndarray | None, count: int) -> np.ndarray:
    """Groups [count] of any kind as numbers 0, 1, ...; without groups each row is one.

    ValueError unless there is one for each row.
    """
    if groups is None:
        return np.arange(count)
    groups = np.asarray(groups)
    if groups.shape != (count,):
        raise ValueError(
            f"groups are [{count}], a number or a name for each row, not of shape "
            f"{list(groups.shape)}"
        )
    return np.unique(groups, return_inverse=True)[1].reshape(count)


def in_order(
    count: int, groups: np.ndarray | None, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """All rows in an order of chance, those of a group in a row, and where groups end.

    Without `groups` each row is one.
    """
    group = numbered(groups, count)
    sizes = np.bincount(group)
    order = np.random.default_rng(seed).permutation(len(sizes))
    place = np.argsort(order)
    return np.argsort(place[group], kind="stable"), np.cumsum(sizes[order])


def whole(ends: np.ndarray, count: int) -> int:
    """Where the first groups end that have `count` rows or more."""
    return int(ends[np.searchsorted(ends, count)])
