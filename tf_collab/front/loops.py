"""A copy of D learns, is looked at on the way, and goes on where it was killed."""

import contextlib
import pathlib
import tempfile
import warnings
from collections.abc import Callable, Iterator

import tf_collab as tc
from tf_collab.front.case import Case

__all__ = ["learn"]


def learn(
    case: Case,
    name: str,
    gan: tc.GAN,
    lessons: tc.base.Proposer,
    steps: int,
    *,
    passes: float,
    looks: int,
    look: Callable[[], float],
) -> int:
    """D learns `steps` steps from `lessons`; the one of the least `look` is restored.

    `look` is a held-out distance or loss, taken before the first step and `looks` times
    on the way, where checkpoints are. `passes` is what a step costs. Asked again, it
    goes on from the last checkpoint before which none is missing, or restores the best;
    warns of one that is damaged, which is made again.
    """
    if steps < 1:
        return 0
    every = -(-steps // looks)
    stops = [*range(0, steps, every), steps]
    optimizer = case.optimizer()
    step = tc.training.tune_step(gan, lessons, optimizer)
    case.ledger.making(name)  # a loop that goes on has no look before its first step
    with _folder(case) as folder:
        saved = tc.training.Checkpoints(
            folder / name,
            milestones=stops,
            discriminator=gan.discriminator,
            optimizer=optimizer,
        )
        there = set(saved.sound(lambda text: warnings.warn(text, stacklevel=4)))
        if 0 not in there:  # D is as it was given still
            saved.save(0)
            there.add(0)
        gap = min({*stops} - there, default=steps + 1)
        first = done = max((step for step in there if step < gap), default=0)
        if first:
            saved.restore(first)

        def seen(step: int, scalars: dict) -> None:
            del scalars
            # The number first: a checkpoint says that all before it is known.
            case.ledger.once(f"{name} look {step}", look)
            saved.save(step)

        def between(step: int) -> None:
            nonlocal done
            case.spent(passes * (step - done))
            done = step

        if not first:
            seen(0, {})
        tc.training.run(
            step,
            case.batch_at(name),
            steps,
            seed=case.seed_of(name),
            first=first,
            every=every,
            hooks=[seen],
            between=between,
        )
        best = min(stops, key=lambda stop: case.ledger[f"{name} look {stop}"])
        saved.restore(best)
    return best


@contextlib.contextmanager
def _folder(case: Case) -> Iterator[pathlib.Path]:
    """Where checkpoints are: beside the ledger, or for as long as the loop lasts."""
    if case.ledger.folder is None:
        with tempfile.TemporaryDirectory() as name:
            yield pathlib.Path(name)
    else:
        folder = case.ledger.folder / "checkpoints"
        folder.mkdir(exist_ok=True)
        yield folder
