"""Multilayer perceptrons, several of the same shape at once, each for its range of the first input."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch

from .._util.display import brief, shows
from .specification import HIDDEN

_ROWS = 128
"""Rows that go through the layers at once.

So few stay in the processor's cache, and a product of matrices of so few takes one thread: shared out to all cores it
takes up to fifty times as long where these have something else to do.
"""

_WHOLE = 16
"""Rows are made a multiple of this many: the product of matrices of some other number rounds its last rows otherwise.
So the answer to a question does not depend on how many are asked together.
"""


@dataclass(frozen=True)
class Weights:
    """K networks, as arrays.

    Attributes
    ----------
    layers
        ``(matrix, bias)`` of each layer, (K, outputs, inputs) and (K, outputs).
    centres
        (K,) values of the first, normalised input at which each network alone decides; between two of them both do, in
        proportion.
    activation
        Behind each hidden layer, one of `specification.ACTIVATIONS`.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    centres: np.ndarray
    activation: str = "tanh"

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return outputs (n,) for normalised inputs (n, inputs)."""
        return np.concatenate([self._few(x[part]) for part in _parts(len(x))])

    def _few(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of a few inputs."""
        count = len(x)
        if count % _WHOLE:
            x = np.resize(x, (count + -count % _WHOLE, x.shape[1]))
        y = x[None]
        for matrix, bias in self.layers[:-1]:
            y = y @ matrix.transpose(0, 2, 1)
            y += bias[:, None]
            _activate(y, self.activation)
        matrix, bias = self.layers[-1]
        y = (y @ matrix.transpose(0, 2, 1) + bias[:, None])[..., 0]
        y = y[0] if len(self.centres) == 1 else np.sum(shares(self.centres, x[:, 0]) * y, axis=0)
        return y[:count]

    @property
    def arrays(self) -> list[np.ndarray]:
        """Return all arrays in a fixed order: centres, then matrix and bias of each layer."""
        return [self.centres, *(array for layer in self.layers for array in layer)]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of inputs, of hidden units layer by layer, and of outputs."""
        return (self.layers[0][0].shape[2], *(matrix.shape[1] for matrix, _ in self.layers))


class Network(torch.nn.Module):
    """The same for training."""

    def __init__(
        self, inputs: int, centres: np.ndarray, seed: int, hidden: tuple[int, ...] = HIDDEN, activation: str = "tanh"
    ) -> None:
        super().__init__()
        self.centres, self.activation = centres, activation
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            sizes = (inputs, *hidden, 1)
            each = [[torch.nn.Linear(i, o, dtype=torch.float64) for i, o in itertools.pairwise(sizes)] for _ in centres]
        layers = list(zip(*each, strict=True))
        self.matrices = torch.nn.ParameterList([torch.stack([one.weight.detach() for one in same]) for same in layers])
        self.biases = torch.nn.ParameterList([torch.stack([one.bias.detach() for one in same]) for same in layers])
        self._layers = list(zip(self.matrices, self.biases, strict=True))  # a list of parameters is slow to ask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return outputs (n,) for normalised inputs (n, inputs)."""
        y = x.expand(len(self.centres), *x.shape)
        last = len(self._layers) - 1
        for k, (matrix, bias) in enumerate(self._layers):
            y = torch.baddbmm(bias[:, None], y, matrix.transpose(1, 2))
            y = y if k == last else getattr(torch, self.activation)(y)
        if len(self.centres) == 1:
            return y[0, :, 0]
        return (torch.from_numpy(shares(self.centres, x[:, 0].detach().numpy())) * y[..., 0]).sum(dim=0)

    def in_one(self) -> torch.nn.Parameter:
        """Return all weights as one parameter, of which matrices and biases are parts from now on, gradients too.

        An optimiser then goes through one array instead of some.
        """
        parts = [one for layer in self._layers for one in layer]
        whole = torch.nn.Parameter(torch.cat([one.detach().ravel() for one in parts]))
        whole.grad = torch.zeros_like(whole)
        ends = list(itertools.accumulate(one.numel() for one in parts))
        for one, end in zip(parts, ends, strict=True):
            place = slice(end - one.numel(), end)
            one.data, one.grad = whole.data[place].view_as(one), whole.grad[place].view_as(one)
        return whole

    @property
    def weights(self) -> Weights:
        """Return a copy of the present weights."""
        layers = tuple((matrix.detach().numpy().copy(), bias.detach().numpy().copy()) for matrix, bias in self._layers)
        return Weights(layers, self.centres.copy(), self.activation)

    def load(self, weights: Weights) -> None:
        """Take over weights; ValueError where they are of another shape."""
        own = [tuple(matrix.shape) for matrix in self.matrices]
        if [matrix.shape for matrix, _ in weights.layers] != own:
            raise ValueError(f"a network of {weights.sizes}, {len(weights.centres)} times, is none to go on from")
        with torch.no_grad():
            for k, (matrix, bias) in enumerate(weights.layers):
                self.matrices[k].copy_(torch.from_numpy(matrix))
                self.biases[k].copy_(torch.from_numpy(bias))


def _activate(y: np.ndarray, activation: str) -> None:
    """Replace the values of an array by those behind an activation."""
    if activation == "relu":
        np.maximum(y, 0.0, out=y)
        return
    half = activation == "sigmoid"  # 1 / (1 + exp(-y)), which may overflow, is (1 + tanh(y / 2)) / 2
    if half:
        y *= 0.5
    np.tanh(y, out=y)
    if half:
        y *= 0.5
        y += 0.5


def _parts(count: int) -> list[slice]:
    """Return `count` rows in parts of at most `_ROWS`, none of less than half of that where there are several.

    Of a smaller rest the products would be summed in another order than of all at once, and differ in the last digit.
    """
    ends = [*range(0, max(count, 1), _ROWS), count]
    if len(ends) > 2 and count - ends[-2] < _ROWS // 2:
        ends[-2] -= _ROWS // 2
    return [slice(*part) for part in itertools.pairwise(ends)]


def shares(centres: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the share (K, n) that each network has in the answer at x (n,): 1 at its own centre, 0 from its
    neighbours' on.
    """
    return np.stack([np.interp(x, centres, unit) for unit in np.eye(len(centres))])
