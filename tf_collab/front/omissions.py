"""What a budget left out, in sentences."""

from collections.abc import Iterable, Mapping, Sequence

from tf_collab.front import plan
from tf_collab.front.ledger import Ledger
from tf_collab.front.plan import Plan

__all__ = ["before", "of_forecasts", "of_tuning"]

FEW = 100  # steps of shaping that are told to be few
UNUSED = 0.2  # of a budget, the share that is told


def before(budget: Plan, layers: Sequence[int], ledger: Ledger) -> str:
    """Of a tuning that is about to go on with a small budget; "" of any other."""
    small = []
    if tried := _tried(budget, layers):
        small.append(f"refinement is tried with {_listed(tried)}")
    if budget.shape < FEW:
        small.append(f"D has {_steps(budget.shape)} of shaping at most")
    if not small or "verdict" in ledger:
        return ""
    elsewhere = " in another folder" if ledger.folder else ""
    return (
        f"This budget is small: {', and '.join(small)}. The verdict uses the held-out "
        "rows up: for a larger budget stop before it comes (Ctrl-C), and tune after "
        f"another collaborate(...){elsewhere}."
    )


def of_tuning(
    budget: Plan, layers: Sequence[int], asked: Mapping[str, float | None], batch: int
) -> list[str]:
    """Of a tuning at these `layers` that was `asked` for by calls or by minutes."""
    told, minutes = [], asked.get("minutes")
    if minutes is not None:
        told.append(
            f"{_minutes(minutes)} {'was' if minutes == 1 else 'were'} taken for "
            f"{budget.calls} passes, at the speed measured before the tuning "
            "and less the time that compiling takes, so that it may have ended early "
            "or late."
        )
    if tried := _tried(budget, layers):
        told.append(
            f"For want of budget refinement was tried with {_listed(tried)}: give more "
            "minutes, or calls, to try all."
        )
    if budget.shape < FEW:
        told.append(
            f"The budget gave D {_steps(budget.shape)} of shaping at most, which is "
            "little: a longer tuning may find better samples; its report will tell."
        )
    unused = 1 - budget.passes(batch) / budget.calls
    if unused > UNUSED:
        whole = f"{budget.calls} passes" if minutes is None else _minutes(minutes)
        told.append(
            f"The tuning is whole and needed less than {whole}: {unused:.0%} of the "
            f"passes was left over, since a comparison takes {plan.MOST} samples at "
            f"most, and the verdict {2 * plan.MOST}."
        )
    return told


def of_forecasts(dear: Iterable[str], others: Iterable[str], calls: float) -> str:
    """Of methods that so many `calls` do not buy, and of those without a forecast."""
    told = (
        f"No forecast is made of {_listed([*others])}, which refine before they choose "
        "or walk by moves of their own."
    )
    if names := [*dear]:
        bought = f"Left out, as {calls:g} calls a sample do not buy them"
        told = f"{bought}: {_listed(names)}. {told}"
    return told


def _tried(budget: Plan, layers: Sequence[int]) -> list[str]:
    """Of which there are more than the budget tries."""
    counts = {
        "layers": (len(budget.layers), len(layers)),
        "rates": (budget.rates, plan.RATES),
        "steps": (budget.steps, plan.STEPS),
    }
    return [f"{n} of {all_} {what}" for what, (n, all_) in counts.items() if n < all_]


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _minutes(count: float) -> str:
    return "1 minute" if count == 1 else f"{count:g} minutes"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
