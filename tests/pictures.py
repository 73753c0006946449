"""What the pictures of a run are made of."""

import contextlib
from collections.abc import Iterator

import pytest

from tf_collab import plots

NAMES = ("comparison", "histograms", "landscape", "layers", "metric_curves")
NAMES += ("paths", "reliability", "strip", "walk")


@contextlib.contextmanager
def watched() -> Iterator[dict[str, list]]:
    """By function of plots, the arguments and options of each call."""
    seen: dict[str, list] = {name: [] for name in NAMES}

    def watching(name):
        draw = getattr(plots, name)

        def drawn(*args, **options):
            seen[name].append((args, options))
            return draw(*args, **options)

        return drawn

    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.setattr(plots, name, watching(name))
        yield seen
