"""What the pictures of a run are made of."""

import contextlib
import io
import pathlib
from collections.abc import Iterator

import pytest
from PIL import Image

import tf_collab as tc
from tf_collab import plots

NAMES = ("comparison", "grid", "histograms", "landscape", "layers", "metric_curves")
NAMES += ("paths", "reliability", "strip", "walk")


class Seen(dict[str, list]):
    """By function of plots, the arguments and options of each call."""

    def __init__(self):
        super().__init__((name, []) for name in NAMES)
        self.files: list[tuple] = []
        self.latents: list = []  # from which a trajectory was asked for

    def of(self, path: pathlib.Path) -> tuple:
        """The function that drew what is in a file, its arguments and its options."""
        with Image.open(path) as picture:
            red, green, _ = picture.getpixel((0, 0))
        return self.files[256 * red + green]


@contextlib.contextmanager
def watched() -> Iterator[Seen]:
    """What is drawn, each figure as one pixel whose colour tells it from others."""
    seen = Seen()

    def watching(name):
        draw = getattr(plots, name)

        def drawn(*args, **options):
            figure = draw(*args, **options)
            encoded = io.BytesIO()
            colour = (*divmod(len(seen.files), 256), 0)
            Image.new("RGB", (1, 1), colour).save(encoded, "png")
            figure.savefig = lambda file, **_: file.write(encoded.getvalue())
            seen[name].append((args, options))
            seen.files.append((name, args, options))
            return figure

        return drawn

    def trajectory(*args, make=tc.sampling.trajectory, **options):
        visits = make(*args, **options)

        def visited(z, real):
            seen.latents.append(z)
            return visits(z, real)

        return visited

    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.setattr(plots, name, watching(name))
        patch.setattr(tc.sampling, "trajectory", trajectory)
        yield seen
