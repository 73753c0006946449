"""What `tune` is asked for, as a plan: passes, or minutes at the speed that is here."""

import numbers
import time

import numpy as np

from tf_collab.front import moves
from tf_collab.front.case import Case
from tf_collab.front.plan import Plan, plan

__all__ = ["agreed"]


def agreed(case: Case, calls: int | None, minutes: float | None) -> Plan:
    """The plan of this budget, which a folder remembers once it will do.

    ValueError for a budget that is not one positive number, is too small, or is not
    the one with which the tuning in the folder began.
    """
    asked = {"calls": calls, "minutes": minutes}
    asked = {name: getattr(v, "item", lambda v=v: v)() for name, v in asked.items()}
    given = [value for value in asked.values() if value is not None]
    if len(given) != 1 or not isinstance(given[0], numbers.Real) or given[0] <= 0:
        raise ValueError("tune takes calls=... or minutes=..., a positive number")
    if "budget" not in case.ledger:
        spends = int(calls or calls_in(minutes or 0, case))
        try:  # refused before it is remembered
            plan(spends, case.layers, batch=case.batch)
        except ValueError as error:
            if minutes is None:
                raise
            raise ValueError(
                f"minutes={minutes:g} is too little here, less the time that compiling "
                f"takes: {error}; give more minutes, or calls=..."
            ) from None
        case.ledger.put("budget", [asked, spends])
    begun, spends = case.ledger["budget"]
    if begun != asked:
        where = f" in {str(case.ledger.folder)!r}" if case.ledger.folder else ""
        raise ValueError(
            f"the tuning{where} was begun with {_spelled(begun)}, not {_spelled(asked)}"
            ": give the same to go on, or begin anew by another collaborate(...)"
            + (" in another folder" if where else "")
            + ", with held-out rows that have judged nothing yet"
        )
    return plan(spends, case.layers, batch=case.batch)


def calls_in(minutes: float, case: Case) -> int:
    """Passes in so many minutes here, less the time that compiling takes."""
    layers = len(case.layers)
    move = moves.Move(layers // 2, 1e-6, 5)
    walk = moves.every(move.refine(case.gan))
    times = [time.monotonic()]
    for _ in range(2):
        drawn = case.samples(case.gan, walk, moves.BATCH, "speed")
        times.append(time.monotonic())
    first, again = np.diff(times)
    # Each layer is compiled once, and some five programs more.
    seconds = 60 * minutes - (layers + 5) * max(first - again, 0)
    return max(int(seconds / again * moves.passes(drawn)), 1)


def _spelled(asked):
    return ", ".join(f"{k}={v}" for k, v in asked.items() if v is not None)
