"""Keys of random numbers: one for each memristor of a circuit, of the seed that the user gave."""

from __future__ import annotations

import numpy as np


def stream_key(seed: int, index: int = 0) -> np.ndarray:
    """Return the key of a seed's streams of random numbers for one memristor of a circuit, (2,) uint64."""
    return np.random.SeedSequence(seed, spawn_key=(index,) if index else ()).generate_state(2, np.uint64)
