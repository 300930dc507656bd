"""Histories of a dataset on disk: each is read when it is looked at, a shard at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

_SHARDS = 4
"""Shards whose histories are held in memory."""


class History:
    """A history on disk, which numpy takes for an array: float32, (points,), the same numbers each time."""

    __slots__ = ("_points", "_read", "_row", "_shard")

    dtype = np.dtype(np.float32)

    def __init__(self, read: Callable[[int], list[np.ndarray]], shard: int, row: int, points: int) -> None:
        self._read, self._shard, self._row, self._points = read, shard, row, points

    def __len__(self) -> int:
        return self._points

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._read(self._shard)[self._row]
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __getitem__(self, places: Any) -> Any:
        return np.asarray(self)[places]

    def __reduce__(self) -> tuple:
        return np.array, (np.array(self),)  # elsewhere, it is its numbers

    def __repr__(self) -> str:
        return f"History({self._points} points)"


class Histories:
    """The histories of all shards of a folder, a few shards of them in memory.

    Parameters
    ----------
    read
        Gives the histories of a shard, by its number.
    """

    def __init__(self, read: Callable[[int], list[np.ndarray]]) -> None:
        self._read = lru_cache(maxsize=_SHARDS)(read)

    def column(self, shard: int, points: np.ndarray) -> np.ndarray:
        """Return a shard's column of histories with so many points each, (rows,) of `History`; nothing is read yet."""
        found = np.empty(len(points), dtype=object)
        for row, count in enumerate(points):  # one by one: numpy would look into a list of them
            found[row] = History(self._read, shard, row, int(count))
        return found
