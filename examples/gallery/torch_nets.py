"""The DCGAN of PyTorch's tutorial, for 28x28 images [n, 1, 28, 28] in [-1, 1]."""

import numpy as np
import torch
from torch import nn

from examples.gallery.shared import Sizes

LATENT = 100


class Generator(nn.Module):
    """z [n, 100, 1, 1] -> images."""

    def __init__(self, width: int):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(LATENT, 4 * width, 7, 1, 0, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(True),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(True),
            nn.ConvTranspose2d(2 * width, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    """Images -> probabilities [n, 1, 1, 1]."""

    def __init__(self, width: int):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * width, 1, 7, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.main(x)


def nets(width: int) -> tuple[nn.Module, nn.Module]:
    """G and D with the paper's first weights."""
    return Generator(width).apply(_start), Discriminator(width).apply(_start)


def _start(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def train(g: nn.Module, d: nn.Module, images: np.ndarray, size: Sizes):
    """D learns from reals and fakes apart, then G; `images` have channels first."""
    loss = nn.BCELoss()
    g_adam, d_adam = (
        torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for net in (g, d)
    )
    ones, zeros = torch.ones(size.batch), torch.zeros(size.batch)
    for _ in range(size.steps):
        rows = torch.randint(len(images), (size.batch,)).numpy()
        real = torch.from_numpy(images[rows])
        fake = g(torch.randn(size.batch, LATENT, 1, 1))
        d_adam.zero_grad()
        loss(d(real).flatten(), ones).backward()
        loss(d(fake.detach()).flatten(), zeros).backward()
        d_adam.step()
        g_adam.zero_grad()
        loss(d(fake).flatten(), ones).backward()
        g_adam.step()
