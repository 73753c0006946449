"""Folders of small images, as they are loaded."""

from tf_collab import data

SIZE = 8
GIB = SIZE * SIZE * 3 / 2**30  # of one image


def load(folder, **options):
    return data.folder(folder, split="all", size=SIZE, **options)
