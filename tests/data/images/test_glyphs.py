"""Tests for tf_collab.data.images.glyphs."""

import itertools
import re
import shutil

import numpy as np
import pytest
from helpers import tiny_datasets
from PIL import Image

from tf_collab import data

CATEGORIES = sorted({category for _, category, _ in tiny_datasets.EMOJI})
LABEL = {points: CATEGORIES.index(name) for points, name, _ in tiny_datasets.EMOJI}
# One emoji each: runners of two sexes, farmers of three; and the flags with one file.
ALIKE = [("1F3C3", "1F3C3-200D-2642-FE0F"), ("1F1E6-1F1E6", "1F1E6-1F1E7")]
ALIKE += [tuple(f"{who}-200D-1F33E" for who in ("1F468", "1F469", "1F9D1"))]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The folder, and its pictures by vendor, code points and tone."""
    folder = tmp_path_factory.mktemp("emoji")
    return folder, tiny_datasets.write_emoji(folder)


def on_white(path):
    """The pixels of a file, laid on white by hand."""
    rgba = np.asarray(Image.open(path), float)
    opaque = rgba[..., 3:] / 255
    return (rgba[..., :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)


def what(images, pictures):
    """(vendor, code points, tone) of each row, by the pixels of its file."""
    named = {on_white(path).tobytes(): key for key, path in pictures.items()}
    return [named[pixels.tobytes()] for pixels in images.pixels]


def test_every_picture_is_there_on_white_with_its_category(packages):
    folder, pictures = packages
    found = data.emoji(folder, split="all")
    expected = np.stack([on_white(path) for path in pictures.values()])
    np.testing.assert_array_equal(found.pixels, expected)
    labels = [LABEL[points] for _, points, _ in pictures]
    assert found.labels.tolist() == labels and found.classes == 1 + max(labels)
    assert "Twitter's alone may be shown" in found.notes[0]
    small = data.emoji(folder, split="all", size=16)
    assert small.pixels.shape == (len(pictures), 16, 16, 3)


def test_an_emoji_is_on_one_side_of_a_split_by_all_vendors_and_in_all_looks(packages):
    folder, pictures = packages
    kinds = {points: points for points, _, _ in tiny_datasets.EMOJI}
    kinds |= {points: alike[0] for alike in ALIKE for points in alike}
    sides = {}
    for split in ("train", "test", "all"):
        images = data.emoji(folder, split=split)
        keys = what(images, pictures)
        assert images.labels.tolist() == [LABEL[points] for _, points, _ in keys]
        sides[split] = {kinds[points] for _, points, _ in keys}
        group = dict(zip(keys, images.groups))
        for a, b in itertools.combinations(keys, 2):
            same = kinds[a[1]] == kinds[b[1]]
            assert (group[a] == group[b]) == same, (a, b)
        if split == "test":  # until it has one in ten, and no group has more than 18
            assert len(pictures) // 10 <= len(keys) < len(pictures) // 10 + 18
    assert sides["train"] | sides["test"] == sides["all"] == {*kinds.values()}
    assert not sides["train"] & sides["test"]


def test_vendors_can_be_chosen_and_have_one_order(packages, tmp_path):
    folder, pictures = packages
    alone = f"emoji-datasource-{'twitter'}"
    shutil.copytree(folder / alone, tmp_path / alone)
    found = data.emoji(tmp_path, split="all", vendors=["twitter"])
    own = {key: path for key, path in pictures.items() if key[0] == "twitter"}
    assert len(found.pixels) == len(own)
    ways = [("facebook", "apple"), ("apple", "facebook", "apple")]
    first, second = (data.emoji(folder, vendors=way) for way in ways)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.digest == second.digest != found.digest


COMMAND = r"npm pack emoji-datasource-apple@16\.0\.0 .* -C emoji-datasource-apple in '"
HARMS = {
    "package": (lambda place: shutil.rmtree(place), f"not npm's package: .*{COMMAND}"),
    "pictures": (lambda place: shutil.rmtree(place / "img"), f"64': .*{COMMAND}"),
    "version": (
        lambda place: (place / "package.json").write_text('{"version": "15.1.2"}'),
        rf"is version '15\.1\.2', and .* {COMMAND}",
    ),
    "picture": (
        lambda place: (place / "img" / "apple" / "64" / "1f600.png").unlink(),
        r"emoji\.json' is not a readable list of emoji: its 1f600\.png is not in '",
    ),
    "damage": (
        lambda place: (place / "img" / "apple" / "64" / "1f400.png").write_text("-"),
        r"1 of the first .* cannot be read: emoji-datasource-apple/.*/1f400\.png \(",
    ),
    "list": (
        lambda place: (place / "emoji.json").write_text('[{"category": 3}]'),
        r"emoji\.json' is not a readable list of emoji: the category 3 is not a text",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_missing_or_damaged_is_one_sentence(harm, packages, tmp_path):
    shutil.copytree(packages[0], tmp_path, dirs_exist_ok=True)
    spoil, words = HARMS[harm]
    spoil(tmp_path / "emoji-datasource-apple")
    with pytest.raises(ValueError, match=words) as failed:
        data.emoji(tmp_path, split="all")
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data_dir": None}, "give the folder of their packages as data_dir"),
        ({"vendors": ()}, "vendors must be some of apple, twitter, facebook"),
        ({"vendors": ["google"]}, "but are ['google']"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(options, words, packages):
    with pytest.raises(ValueError, match=re.escape(words)):
        data.emoji(**{"data_dir": packages[0], **options})
