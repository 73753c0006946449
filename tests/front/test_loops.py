"""The D that looked best is restored, and a killed loop goes on to the same D."""

import numpy as np
import pytest
from helpers import seed_watching, small_cases

import tf_collab as tc
from tf_collab.front import loops

STEPS = 4


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    with seed_watching.eagerly():
        yield


def learned(case, look):
    """The step that was chosen, and D's weights then."""
    gan = case.own()
    best = loops.learn(
        case,
        "shape",
        gan,
        tc.sampling.direct(gan),
        STEPS,
        passes=1,
        looks=STEPS,
        look=lambda: look(gan.discriminator),
    )
    return best, [np.array(v) for v in gan.discriminator.variables]


@pytest.mark.parametrize("best", [0, 2, STEPS], ids=["as given", "between", "last"])
def test_the_d_of_the_least_look_is_restored(best):
    seen = []

    def look(d):
        seen.append([np.array(v) for v in d.variables])
        return float(len(seen) - 1 != best)

    found, weights = learned(small_cases.case_of(), look)
    assert found == best and len(seen) == STEPS + 1
    assert all(map(np.array_equal, weights, seen[best]))
    assert not np.array_equal(seen[0][0], seen[1][0])


class Killed(BaseException):
    """As SIGKILL: nothing that runs afterwards catches it."""


def test_a_loop_that_was_killed_goes_on_to_the_same_d(tmp_path):
    def falling(left, until):
        """Each look gives less than the one before; after some the process ends."""

        def look(d):
            if len(left) == until:
                raise Killed
            return left.pop()

        return look

    left, again = [*range(STEPS + 1)], [*range(STEPS + 1)]
    best, weights = learned(small_cases.case_of(), falling(left, None))
    for until in (2, 1):
        with pytest.raises(Killed):
            learned(small_cases.case_of(folder=tmp_path), falling(again, until))
    going_on, told = small_cases.case_of(folder=tmp_path), []
    going_on.ledger.making = told.append
    found = learned(going_on, falling(again, None))
    assert found[0] == best == STEPS
    assert all(map(np.array_equal, found[1], weights))
    assert told == ["shape", "shape look 4"]  # before the steps that are left, too


@pytest.mark.parametrize("damaged", [0, 2, STEPS])
def test_a_checkpoint_that_was_damaged_is_told_and_made_again(tmp_path, damaged):
    """Whichever it is: the best one (2), one before it, or the last."""
    looks = {step: float(step != 2) for step in range(STEPS + 1)}
    counted = iter(range(STEPS + 1))
    look = lambda d: looks[next(counted)]
    best, weights = learned(small_cases.case_of(folder=tmp_path), look)
    assert best == 2
    (there,) = tmp_path.glob(f"checkpoints/*/step-{damaged:09d}")
    (file,) = there.glob("*.data-*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.warns(UserWarning, match="is damaged and set aside as"):
        found = learned(small_cases.case_of(folder=tmp_path), None)
    assert found[0] == best
    assert all(map(np.array_equal, found[1], weights))
    assert there.is_dir()
