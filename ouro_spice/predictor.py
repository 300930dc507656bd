"""The neural pulse predictor: (G_start, wanted change) -> pulse time, and the programmer that uses it.

A multilayer perceptron 2-32-64-32-1, as in "The Ouroboros of Memristors". Unlike there, the network gives the logarithm
of the pulse time, and the direction comes from the sign of the wanted change: times span four decades, and a pulse in
the wrong direction cannot be predicted.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from .checks import check_count, check_range
from .dataset import PulseDataset
from .files import write_whole
from .manifest import Manifest
from .pair import Pair, recorded_pair
from .pulse import Pulse

LAYERS = (2, 32, 64, 32, 1)


@dataclass(frozen=True)
class PulsePredictor:
    """A trained network with its normalisation and the manifest of the data that it was trained on.

    Attributes
    ----------
    weights
        ``(matrix, bias)`` of each layer.
    shift, scale
        Of the three quantities G_start [S], dG [S], ln(t/s): normalised value = (value - shift) / scale; (3,).
    manifest
        Of the training data; ``settings["training"]`` says how it was trained.
    """

    weights: tuple[tuple[np.ndarray, np.ndarray], ...]
    shift: np.ndarray
    scale: np.ndarray
    manifest: Manifest = field(repr=False)

    @classmethod
    def fit(
        cls, data: PulseDataset, *, epochs: int = 4000, learning_rate: float = 4e-3, seed: int = 0
    ) -> PulsePredictor:
        """Train on the "train" records; the epoch with the best relative error on the "validation" ones is kept.

        Parameters
        ----------
        data
            Records; all of them serve for training and validation where a split is empty.
        epochs
            Passes over the records, each one step of Adam with all of them.
        learning_rate
            At the start; it falls to 0 along a cosine.
        seed
            Of the initial weights.

        Raises
        ------
        ValueError
            For fewer than two records that reached their target, or settings that make no sense.
        """
        check_count("epochs", epochs)
        check_range("learning_rate", learning_rate, 1e-9, 1.0, "")
        train, validation = _split(data, "train"), _split(data, "validation")
        if len(train[1]) < 2:
            raise ValueError(f"{len(train[1])} training records reached their target; at least 2 are needed")
        columns = torch.cat([train[0], train[1].abs().log()[:, None]], dim=1)
        shift, scale = columns.mean(dim=0), columns.std(dim=0).clamp_min(1e-30)
        network, best = _train(train, validation, shift, scale, epochs, learning_rate, seed)
        training = {"epochs": epochs, "learning_rate": learning_rate, "seed": seed, "validation_rpd_t": best}
        manifest = Manifest.from_json(data.manifest.to_json())
        manifest.settings["training"] = training
        layers = [m for m in network if isinstance(m, torch.nn.Linear)]
        weights = tuple((m.weight.detach().numpy().copy(), m.bias.detach().numpy().copy()) for m in layers)
        return cls(weights, shift.numpy(), scale.numpy(), manifest)

    def predict(self, g_start_S: ArrayLike, dg_S: ArrayLike) -> np.ndarray:
        """Signed pulse time [s] for a wanted change of conductance [S]; SET positive. Broadcasts its arguments."""
        g, dg = np.broadcast_arrays(np.asarray(g_start_S, float), np.asarray(dg_S, float))
        x = (np.stack([g, dg], axis=-1) - self.shift[:2]) / self.scale[:2]
        for matrix, bias in self.weights[:-1]:
            x = np.tanh(x @ matrix.T + bias)
        matrix, bias = self.weights[-1]
        log_t = (x @ matrix.T + bias)[..., 0] * self.scale[2] + self.shift[2]
        # finite for any input: 1e-13 s to 1100 s
        return np.sign(dg) * np.exp(np.clip(log_t, -30, 7))

    def save(self, path: str | Path) -> Path:
        """Write a checkpoint: arrays and JSON, no code."""
        arrays: dict[str, Any] = {"shift": self.shift, "scale": self.scale}
        for k, (matrix, bias) in enumerate(self.weights):
            arrays[f"matrix{k}"], arrays[f"bias{k}"] = matrix, bias
        arrays["manifest"], arrays["sha256"] = np.array(self.manifest.to_json()), np.array(self.sha256)

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez(file, **arrays)

        return write_whole(Path(path), write)

    @classmethod
    def load(cls, path: str | Path) -> PulsePredictor:
        """Read a checkpoint; ValueError for a file that is none."""
        try:
            content = Path(path).read_bytes()
        except FileNotFoundError:
            raise ValueError(f"no checkpoint {path}") from None
        except OSError as error:
            raise ValueError(f"{path} is not an ouro_spice checkpoint: {error.strerror}") from error
        try:
            return cls._parse(content)
        except Exception as error:  # a damaged archive raises nearly anything in its readers
            raise ValueError(f"{path} is not an ouro_spice checkpoint, or is damaged: {error}") from error

    @classmethod
    def _parse(cls, content: bytes) -> PulsePredictor:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            weights = tuple((file[f"matrix{k}"], file[f"bias{k}"]) for k in range(len(LAYERS) - 1))
            predictor = cls(weights, file["shift"], file["scale"], Manifest.from_json(str(file["manifest"])))
            shapes = [matrix.shape for matrix, _ in weights]
            if shapes != [(outputs, inputs) for inputs, outputs in itertools.pairwise(LAYERS)]:
                raise ValueError(f"a network of {shapes}")
            if str(file["sha256"]) != predictor.sha256:
                raise ValueError("its content does not fit its hash")
        return predictor

    @property
    def sha256(self) -> str:
        """Hash of weights, normalisation and manifest: the same wherever the checkpoint is stored."""
        arrays = [self.shift, self.scale, *(array for layer in self.weights for array in layer)]
        content = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        return hashlib.sha256(content + self.manifest.to_json().encode()).hexdigest()

    @property
    def pair(self) -> Pair:
        """The amplitudes that its pulse times belong to; ValueError where there is not one of each direction."""
        return recorded_pair(self.manifest)


@dataclass(frozen=True)
class NeuralProgrammer:
    """Programs with the predicted pulse.

    Parameters
    ----------
    predictor
        The network.
    any_circuit
        Use it for a circuit that it was not trained on, too.
    shortest_s
        Pulses are not shorter than this [s].
    """

    predictor: PulsePredictor
    any_circuit: bool = False
    shortest_s: float = 1e-9
    name: str = "neural"

    @property
    def checkpoint(self) -> str:
        """Hash of the network."""
        return self.predictor.sha256

    def check(self, circuit: str) -> None:
        """ValueError for a circuit, by its manifest's hash, that the predictor was not trained on."""
        trained = self.predictor.manifest.circuit
        if not self.any_circuit and circuit != trained:
            raise ValueError(
                f"this predictor was trained on another circuit ({trained[:12]}, this one is "
                f"{circuit[:12] or 'unknown'}): train one, or NeuralProgrammer(any_circuit=True)"
            )

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """The pulse that the network predicts from the latest reading."""
        dg = target - readings[-1]
        settings = self.predictor.manifest.settings
        width = max(abs(float(self.predictor.predict(readings[-1], dg))), self.shortest_s)
        edges = (_edge(settings[name]) for name in ("rise_s", "fall_s"))
        return Pulse(self.predictor.pair.amplitude(dg), width, *edges)


def _edge(law: float | list[float]) -> float:
    """An edge of the training data [s]; of edges that were drawn, the middle of their law."""
    return float(np.sqrt(law[0] * law[1])) if isinstance(law, list) else law


def _split(data: PulseDataset, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    inputs, times = data.tensors(name)
    return (inputs, times) if len(times) else data.tensors()


def _train(
    train: tuple[torch.Tensor, torch.Tensor], validation: tuple[torch.Tensor, torch.Tensor],
    shift: torch.Tensor, scale: torch.Tensor, epochs: int, learning_rate: float, seed: int,
) -> tuple[torch.nn.Sequential, float]:  # fmt: skip
    """The network at its best epoch, and its mean relative error of t on the validation records."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # faster for so small a network, and the sums are the same on every machine
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _network()
        optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
        x, y = _normalised(train, shift, scale)
        xv, yv = _normalised(validation, shift, scale)
        best, kept = float("inf"), network.state_dict()
        for _ in range(epochs):
            optimiser.zero_grad()
            loss = torch.nn.functional.mse_loss(network(x)[:, 0], y)
            loss.backward()
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                error = float((((network(xv)[:, 0] - yv) * scale[2]).exp() - 1).abs().mean())
            if error < best:
                best, kept = error, {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(kept)
    finally:
        torch.set_num_threads(threads)
    return network, best


def _network() -> torch.nn.Sequential:
    modules: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(LAYERS):
        modules += [torch.nn.Linear(inputs, outputs, dtype=torch.float64), torch.nn.Tanh()]
    return torch.nn.Sequential(*modules[:-1])


def _normalised(
    records: tuple[torch.Tensor, torch.Tensor], shift: torch.Tensor, scale: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    inputs, times = records
    return (inputs - shift[:2]) / scale[:2], (times.abs().log() - shift[2]) / scale[2]
