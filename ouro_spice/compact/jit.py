"""Compiled kernels: numba's compiler with the settings that all kernels share."""

from __future__ import annotations

from collections.abc import Callable

import numba


def kernel(function: Callable) -> Callable:
    """Compile a function of numbers and arrays; without the interpreter's lock, kept on disk between processes.

    numpy's rules for division by zero: a wild iterate gives an infinity, which the solver's bracket throws out, not an
    exception.
    """
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder that numba could keep it in: neither the package's nor the user's can be written to
        return numba.njit(nogil=True, error_model="numpy")(function)
