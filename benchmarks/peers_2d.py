"""The 2-D nets beside a straightforward PyTorch loop, both in one process.

    make bench-peers

The peer is our own short script: the same layers, batch, rates and steps, written the
way a PyTorch user would, eager. Each side's steps per second, and ours over theirs.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bench_2d as ours
import peak
import torch
from torch import nn
from torch.nn import functional

BATCH, DEPTH, POINTS = ours.BATCH, ours.DEPTH, ours.POINTS


def mlp(out, norm):
    layers, width = [], 2
    for _ in range(5):
        layers += [nn.Linear(width, 64), *([nn.BatchNorm1d(64)] * norm), nn.ReLU()]
        width = 64
    return nn.Sequential(*layers, nn.Linear(width, out))


g, d = mlp(2, True), mlp(1, False)
g_opt = torch.optim.SGD(g.parameters(), 5e-3)
d_opt = torch.optim.SGD(d.parameters(), 1e-2)
real = torch.from_numpy(ours.batch_at(0).numpy())


def train():
    d_opt.zero_grad()
    fake = g(torch.randn(BATCH, 2)).detach()
    (
        functional.softplus(-d(real)).mean() + functional.softplus(d(fake)).mean()
    ).backward()
    d_opt.step()
    g_opt.zero_grad()
    functional.softplus(-d(g(torch.randn(BATCH, 2)))).mean().backward()
    g_opt.step()


def refine(x):
    d.requires_grad_(False)
    with torch.no_grad():
        real_mean = torch.sigmoid(d(real)).mean()
    mean = square = lag = None
    for _ in range(DEPTH):
        x = x.detach().requires_grad_(True)
        score = d(x)[:, 0]
        grad = torch.autograd.grad(functional.softplus(-score).sum(), x)[0]
        with torch.no_grad():
            gap = real_mean - torch.sigmoid(score)
            mean = grad if mean is None else 0.9 * mean + 0.1 * grad
            square = grad**2 if square is None else 0.5 * square + 0.5 * grad**2
            lag = gap if lag is None else 0.5 * lag + 0.5 * gap
            brake = torch.relu(lag + 0.5)[:, None] ** 2
            x = x - 0.1 * mean / (square.sqrt() + 1e-8) * brake
    d.requires_grad_(True)
    return x


def many():
    for _ in range(50):
        train()


theirs = 50 / peak.best_time(many)
training = ours.TRAINING / min(ours.seconds(ours.train(), ours.TRAINING))
print(
    f"training, PyTorch {torch.__version__} eager: {theirs:.0f} steps/s; "
    f"ours / theirs {training / theirs:.2f}"
)
points = g.eval()(torch.randn(POINTS, 2)).detach()
seconds = peak.best_time(lambda: refine(points))
refining = peak.best_time(ours.refined(), 7)
print(
    f"refining 10 000 points, PyTorch eager: {seconds:.3f} s; "
    f"theirs / ours {seconds / refining:.2f}"
)
