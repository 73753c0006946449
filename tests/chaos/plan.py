"""Which fault befalls which program at which moment: each kind, then more by chance."""

import itertools
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from chaos import between, during
from chaos.rounds import Unbroken
from chaos.subjects import SUBJECTS

__all__ = ["KINDS", "Round", "rounds"]

KINDS = (*during.DURING, *between.BETWEEN)


class Round(NamedTuple):
    """A fault to be."""

    program: str
    fault: str
    moment: str


def rounds(
    program: str, whole: Unbroken, kinds: Sequence[str], seed: int
) -> Iterator[Round]:
    """Without end: each kind that can befall this program once, and again, and again.

    No round comes twice.
    """
    rng = np.random.default_rng([seed, zlib.crc32(program.encode())])
    places = {kind: _moments(kind, program, whole) for kind in kinds}
    fits = [kind for kind in kinds if places[kind]]
    for kind in itertools.cycle(fits):
        if left := places[kind]:
            yield Round(program, kind, left.pop(int(rng.integers(len(left)))))
        elif not any(places.values()):
            return


def _moments(kind: str, program: str, whole: Unbroken) -> list[str]:
    if kind in during.DURING:
        fault = during.DURING[kind]
        if program not in fault.only:
            return []
        return [moment for moment in whole.moments if fault.at(moment)]
    damage = between.BETWEEN[kind]
    own = SUBJECTS[program].files
    if own and damage.file not in own:
        return []
    files = between.files_of(whole.folder, damage.file)
    late = whole.moments[len(whole.moments) // 2 :: 7]
    return [
        *(f"at the end: {file}" for file in files),
        *(f"{when}: {file}" for when in late for file in files[:1]),
    ]
