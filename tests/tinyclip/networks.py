"""The two towers. Needs PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, DIMENSION, LAYERS, HEADS = 40, 32, 2, 4
CHANNELS = (16, 32, 48, 72)
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
SIZE, CONTEXT = 64, 16


class Visual(nn.Module):
    """image [n, 3, 64, 64] -> vector [n, DIMENSION]: convolutions, then the mean and the most of each channel."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(zip((3, *CHANNELS), CHANNELS, strict=False)):
            layers += [nn.Conv2d(before, after, 3, stride=2 if number < 3 else 1, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.out = nn.Linear(2 * CHANNELS[-1], DIMENSION)

    def forward(self, image: Tensor) -> Tensor:
        found = self.layers(image)
        return self.out(torch.cat([found.mean(dim=(2, 3)), found.amax(dim=(2, 3))], dim=1))


class Block(nn.Module):
    """One layer of a transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.three, self.join = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        """`hidden` [n, 1, 1, CONTEXT] is added to what each token thinks of the others."""
        q, k, v = (one.reshape(-1, CONTEXT, HEADS, WIDTH // HEADS).transpose(1, 2) for one in self.three(self.before(x)).chunk(3, dim=-1))
        attention = torch.softmax(q @ k.transpose(2, 3) / (WIDTH // HEADS) ** 0.5 + hidden, dim=-1)
        x = x + self.join((attention @ v).transpose(1, 2).reshape(-1, CONTEXT, WIDTH))
        return x + self.narrow(functional.gelu(self.wide(self.between(x))))


class Textual(nn.Module):
    """text [n, CONTEXT] -> vector [n, DIMENSION]: the mean over all tokens that are not filled up."""

    def __init__(self, vocabulary: int, pad: int) -> None:
        super().__init__()
        self.pad = pad
        self.words, self.places = nn.Embedding(vocabulary, WIDTH), nn.Parameter(0.02 * torch.randn(CONTEXT, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.last, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, DIMENSION)

    def forward(self, text: Tensor) -> Tensor:
        there = (text != self.pad).to(torch.float32)
        hidden = (there - 1)[:, None, None, :] * 1e4
        x = self.words(text) + self.places
        for block in self.blocks:
            x = block(x, hidden)
        return self.out((self.last(x) * there[:, :, None]).sum(dim=1) / there.sum(dim=1, keepdim=True))
