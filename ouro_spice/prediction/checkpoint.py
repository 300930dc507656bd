"""Checkpoints: arrays and JSON in an npz file, no code."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from ..provenance.manifest import Manifest
from . import archive
from .domain import Domain
from .network import Weights
from .specification import Specification
from .training import Scale, arrays_of, scale_from

_BASE = "clock."
"""The arrays of the base network begin with this: its name in files."""


class Stored(Protocol):
    """What a checkpoint holds; a `PulsePredictor` is one."""

    @property
    def weights(self) -> Weights:
        """Return the numbers of the network."""
        ...

    @property
    def scale(self) -> Scale:
        """Return the normalisation of inputs and output."""
        ...

    @property
    def specification(self) -> Specification:
        """Return what the network is."""
        ...

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of what it was trained on."""
        ...

    @property
    def base(self) -> Stored | None:
        """Return the predictor by whose times it measures how slow a device is, if it does."""
        ...

    @property
    def seen(self) -> Domain | None:
        """Return the ranges of its training data, where they were kept."""
        ...

    @property
    def sha256(self) -> str:
        """Return the hash of all that decides its predictions."""
        ...


Made = TypeVar("Made", bound=Stored)


def save(predictor: Stored, path: Path) -> Path:
    """Write a checkpoint, whole or not at all; return its path."""
    return archive.save(_taken_apart(predictor, ""), path)


def load(kind: Callable[..., Made], path: Path) -> Made:
    """Read a checkpoint; return the predictor, made by `kind`. ValueError for a file that is none."""
    return archive.load(path, "checkpoint", lambda arrays: _put_together(kind, arrays, ""))


def digest(predictor: Stored) -> str:
    """Return the hash (SHA-256, hexadecimal) of all that decides a predictor's answers, and of its manifest.

    The range of the training data decides none, and is no part of it: checkpoints that have none keep their hash.
    """
    content = b"".join(np.ascontiguousarray(array).tobytes() for array in _numbers(predictor))
    text = json.dumps(predictor.specification.plain, sort_keys=True) + predictor.manifest.to_json()
    base = predictor.base.sha256 if predictor.base else ""
    return hashlib.sha256(content + text.encode() + base.encode()).hexdigest()


def _numbers(predictor: Stored) -> list[np.ndarray]:
    return [*predictor.weights.arrays, *arrays_of(predictor.scale)]


def _taken_apart(predictor: Stored, prefix: str) -> dict[str, Any]:
    """Return the arrays of a checkpoint by name, those of its base with a prefix more."""
    arrays: dict[str, Any] = {f"{prefix}centres": predictor.weights.centres}
    for k, (matrix, bias) in enumerate(predictor.weights.layers):
        arrays[f"{prefix}matrix{k}"], arrays[f"{prefix}bias{k}"] = matrix, bias
    for name, array in zip(("shift", "scale", "output"), arrays_of(predictor.scale), strict=True):
        arrays[prefix + name] = array
    arrays[f"{prefix}specification"] = np.array(json.dumps(predictor.specification.plain))
    arrays[f"{prefix}manifest"] = np.array(predictor.manifest.to_json())
    arrays[f"{prefix}sha256"] = np.array(predictor.sha256)
    if predictor.seen:
        arrays[f"{prefix}domain"] = np.array(json.dumps(dataclasses.asdict(predictor.seen)))
    if predictor.base:
        arrays |= _taken_apart(predictor.base, f"{prefix}{_BASE}")
    return arrays


def _put_together(kind: Callable[..., Made], file: dict[str, np.ndarray], prefix: str) -> Made:
    """Return the predictor that `_taken_apart` took apart."""
    count = sum(name.startswith(f"{prefix}matrix") for name in file)
    layers = tuple((file[f"{prefix}matrix{k}"], file[f"{prefix}bias{k}"]) for k in range(count))
    scale = scale_from(tuple(file[prefix + name] for name in ("shift", "scale", "output")))
    specification = Specification.of(_table(str(file[f"{prefix}specification"])))
    weights = Weights(layers, file[f"{prefix}centres"], specification.activation)
    if not layers or weights.sizes != (len(specification.inputs), *specification.hidden, 1):
        raise ValueError(f"a network of {weights.sizes if layers else 'nothing'}")
    base = _put_together(kind, file, f"{prefix}{_BASE}") if f"{prefix}{_BASE}centres" in file else None
    manifest = Manifest.from_json(str(file[f"{prefix}manifest"]))
    seen = Domain.read(json.loads(str(file[f"{prefix}domain"]))) if f"{prefix}domain" in file else None
    predictor = kind(weights, scale, specification, manifest, base, seen)
    if str(file[f"{prefix}sha256"]) != predictor.sha256:
        raise ValueError("its content does not fit its hash")
    return predictor


def _table(text: str) -> dict[str, Any]:
    """Return a table from its JSON; ValueError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("its specification is no table")
    return found
