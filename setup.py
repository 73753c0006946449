"""Package metadata; requirements.txt has the tested versions."""

import pathlib
import re

import setuptools

LIBRARY = pathlib.Path(__file__).with_name("tf_collab") / "__init__.py"

setuptools.setup(
    name="tf_collab",
    version=re.search('__version__ = "(.*)"', LIBRARY.read_text("utf8"))[1],
    description="Better samples out of a trained GAN, guided by its discriminator",
    license="MIT",
    python_requires=">=3.11,<3.14",
    packages=setuptools.find_packages(include=["tf_collab", "tf_collab.*"]),
    install_requires=[
        "tensorflow>=2.20,<2.22",
        "tensorboard>=2.20,<2.22",
        "tensorflow-datasets>=4.9.8",
        "importlib_resources",  # which TFDS imports and does not ask for
        "keras>=3.11,<4",
        "numpy>=2.0",
        "scipy>=1.15",
        "matplotlib>=3.10",
        "pillow>=11",
        "absl-py>=2.1",
        "tqdm>=4.66",
    ],
    extras_require={
        "torch": ["torch>=2.3"],
        # Security.temporary() of distributed makes its certificates by cryptography.
        "cluster": ["distributed>=2026.8", "cryptography"],
        "dev": [
            "pytest>=8.3",
            "pytest-xdist>=3.6",
            "ruff>=0.9",
            "mypy>=1.14",
        ],
    },
)
