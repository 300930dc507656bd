"""The best networks of one attempt and of two, chosen on other attempts than they are judged on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..evaluation.bands import BANDS, label
from ..programming.best_of import Candidates, of_best, share_of_best
from .attempts import OneShot
from .trainings import Spread, widen


def best_networks(found: OneShot, networks: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the best network of each band, by the noise floor minus its share and by its share of two attempts.

    By cross-fitting: each case is judged with the network that is best on the other cases, `of_best`, so that the
    choice makes no network look better than it is.

    Parameters
    ----------
    found
        The attempts of a setting.
    networks
        Names of the networks that it has trained itself: no baseline, and none of another setting.

    Returns
    -------
    dict
        ``gap``, noise floor minus share, and ``second``, share of two attempts, each by band as ``within_20``: ``name``
        of the best one on all cases together, ``value`` as [value, low, high] of the one that other cases choose, ``n``
        cases, which are pairs of the floor, or attempts. Of networks with several trainings cases are means over them,
        and the interval is at least as wide as that of another draw of trainings and cases both. Empty where there was
        no floor, or no second attempt.
    """
    bands = {label("within", band): band for band in BANDS}
    names, second = (sorted(set(networks) & set(of)) for of in (found.gaps, found.second_attempts))
    return {
        "gap": {key: _gap(found, names, band) for key, band in bands.items()} if names else {},
        "second": {key: _share(found, second, band) for key, band in bands.items()} if second else {},
    }


def _gap(found: OneShot, names: list[str], band: float) -> dict[str, Any]:
    """Return the best network of a band by floor minus share, with its value and interval."""
    side = Candidates(tuple(names), np.array([found.gaps[name][band].each for name in names]))
    value, spread = of_best([side], lambda means: means[:, 0]), found.gaps[side.best][band]
    ends = spread.ends if isinstance(spread, Spread) and len(spread.means) > 1 else None
    return {"name": side.best, "value": widen(value, ends), "n": side.n}


def _share(found: OneShot, names: list[str], band: float) -> dict[str, Any]:
    """Return the best network of a band by its share of two attempts, with its value and interval."""
    hits = np.array([found.second_attempts[name]["hits"][band] for name in names], float)
    side = Candidates(tuple(names), -hits)
    row = found.second_attempts[side.best]
    ends = row["interval"][label("within", band)] if row.get("trainings", {}).get("n", 1) > 1 else None
    return {"name": side.best, "value": widen(share_of_best(hits, names), ends), "n": side.n}
