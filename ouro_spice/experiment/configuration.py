"""A campaign as its file in ``training/`` says it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._util import assets
from .._util.checks import check_count, check_range
from .._util.files import read_text
from ..circuit.cell_kinds import Cell
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.compact_cell import CompactCell
from ..dataset.recipe import MOST
from ..device.jart.jart_preset import jart_vcm_v1b
from ..device.jart.spread import SPREADS, Spread
from ..device.jart.walk import Walk
from .configuration_fields import build, check_kind, check_name, check_tables, tables_of
from .variant import Variant

IDEAL_S = 1e-12
"""Edges of the pulses into a compact cell [s]."""

_CELLS = ("reduced", "compact", "1r", "1t1r")
_VOLTAGES = ("60us", "paper")
_LISTS = ("variants", "edges_s", "converge", "timed")


def named_cell(name: str) -> Cell | CompactCell:
    """Return a cell of the nominal device with its walk, as campaigns and shipped checkpoints know it."""
    if name not in _CELLS:
        raise ValueError(f"cell {name!r} is unknown; there is {', '.join(_CELLS)}")
    device = jart_vcm_v1b(window=True, walk=Walk())
    if name in ("1r", "1t1r"):
        return Cell1R(device) if name == "1r" else Cell1T1R(device)
    return CompactCell(device, model="full" if name == "compact" else name)


@dataclass(frozen=True)
class Setting:
    """Where predictors are trained and judged.

    Parameters
    ----------
    name
        In results.
    cell
        Of `named_cell`.
    variants
        Keys of the networks.
    voltages, d2d
        As in `extract`; d2d "none": the nominal device.
    edges_s
        Shortest and longest edge [s].
    deployments, records
        One attempt each; records to learn from.
    training_seeds
        How often each network is trained, each time from other initial weights and in another order of the examples.
    judged, floor
        Whether its networks are tried, else they are trained only; whether the noise floor is found.
    devices
        In each round of experience, in place of the variant's number.
    begin
        The setting with whose networks those here begin that need experience.
    compact
        The setting whose networks are tried here, too.
    write, converge, starts, transfer, timed
        Writes of each programmer; variants of Fig. 7 and starts for each of its targets; the variant that is tried
        under other conditions; those that are timed.
    """

    name: str
    cell: str
    variants: tuple[str, ...]
    voltages: str = "60us"
    d2d: str = "none"
    edges_s: tuple[float, float] = (IDEAL_S, IDEAL_S)
    deployments: int = 2000
    records: int = 10_000
    training_seeds: int = 1
    judged: bool = True
    floor: bool = True
    devices: int = 0
    begin: str = ""
    compact: str = ""
    write: int = 0
    converge: tuple[str, ...] = ()
    starts: int = 10
    transfer: str = ""
    timed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        needed = {"name": "", "cell": "", "variants": ()}
        for f in dataclasses.fields(self):
            check_kind(f.name, getattr(self, f.name), needed.get(f.name, f.default))
        check_name("setting", self.name)
        for name, known in (("cell", _CELLS), ("voltages", _VOLTAGES), ("d2d", ("none", *SPREADS))):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"setting {self.name}: {name} {getattr(self, name)!r} is unknown; there is {', '.join(known)}"
                )
        for name, least in (("deployments", 1), ("records", 1), ("devices", 0), ("write", 0), ("starts", 1)):
            check_count(name, getattr(self, name), least)
            check_range(name, getattr(self, name), least, MOST, "")
        check_count("training_seeds", self.training_seeds)
        check_range("training_seeds", self.training_seeds, 1, 100, "")
        if len(self.edges_s) != 2:
            raise ValueError(
                f"setting {self.name}: edges_s = {list(self.edges_s)} must be the shortest and the longest"
            )

    @property
    def law(self) -> str | None:
        """Return the name of the D2D law; None for the nominal device."""
        return None if self.d2d == "none" else self.d2d

    @property
    def spread(self) -> Spread | None:
        """Return the D2D law; None for the nominal device."""
        return None if self.d2d == "none" else SPREADS[self.d2d]


@dataclass(frozen=True)
class Configuration:
    """A campaign.

    Attributes
    ----------
    name
        "paper" or "circuit".
    tables
        The file, as it is.
    settings, variants
        Where, and which networks by their key.
    """

    name: str
    tables: dict[str, Any] = field(repr=False)
    settings: tuple[Setting, ...]
    variants: dict[str, Variant]

    @classmethod
    def load(cls, name: str, path: Path | None = None) -> Configuration:
        """Read ``training/NAME.toml``, or another file; return the campaign, ValueError for what is wrong in it."""
        path = path or assets.folder("training") / f"{name}.toml"
        try:
            found = cls.of_tables(name, tomllib.loads(read_text(path)))
        except (OSError, KeyError, ValueError, RecursionError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else error
            what = "there is no such file" if isinstance(error, OSError) else what
            raise ValueError(f"{path}: {what}") from error
        _check_references(path, found.settings, found.variants)
        check_tables(path, found.tables, found.needed, found.variants)
        return found

    @classmethod
    def of_tables(cls, name: str, tables: dict[str, Any]) -> Configuration:
        """Return the campaign of a file's tables; ValueError or KeyError for a value that is wrong or missing."""
        for key in ("seed", "records", "deployments"):
            check_count(key, tables[key], 0 if key == "seed" else 1)
        variants = {key: _variant(key, table) for key, table in tables_of(tables, "variant", dict).items()}
        settings = tuple(_setting(table, tables) for table in tables_of(tables, "setting", list))
        return cls(name, tables, settings, variants)

    @property
    def seed(self) -> int:
        """Return the seed of everything random."""
        return self.tables["seed"]

    @property
    def needed(self) -> set[str]:
        """Return the names of the tables that the settings need."""
        judged = [one for one in self.settings if one.judged]
        asked = {
            name for name in ("floor", "converge", "write", "transfer") if any(getattr(one, name) for one in judged)
        }
        return asked | {"table"} & set(self.tables)

    def seeded(self, seed: int) -> Configuration:
        """Return the same campaign with another seed."""
        return dataclasses.replace(self, tables=self.tables | {"seed": seed})

    def of(self, setting: Setting) -> list[Variant]:
        """Return the networks of a setting, those first that others begin with."""
        return [self.variants[key] for key in setting.variants]


def _check_references(path: Path, settings: tuple[Setting, ...], variants: Mapping[str, Variant]) -> None:
    """Raise ValueError for a name of a variant or setting that there is not."""
    for one in variants.values():
        for key in (one.specification.start, one.like):
            if key and key not in variants:
                raise ValueError(f"{path}: variant {one.key}: there is no variant {key!r}")
    before: set[str] = {""}
    for one in settings:
        if one.name in before:
            raise ValueError(f"{path}: there are two settings {one.name}")
        named = (*one.variants, *one.converge, *one.timed, *([one.transfer] if one.transfer else []))
        for key in named:
            if key not in variants:
                raise ValueError(f"{path}: setting {one.name}: there is no variant {key!r}")
        for other in (one.compact, one.begin):
            if other not in before:
                raise ValueError(f"{path}: setting {one.name}: there is no setting {other!r} before it")
        before.add(one.name)
        if one.begin:
            _check_begin(path, one, next(other for other in settings if other.name == one.begin), variants)


def _check_begin(path: Path, setting: Setting, begin: Setting, variants: Mapping[str, Variant]) -> None:
    """Raise ValueError where networks cannot begin with those of another setting."""
    if setting.voltages != begin.voltages:
        raise ValueError(f"{path}: setting {setting.name} begins with {begin.name}, whose voltages are others")
    for key in setting.variants:
        source = variants[variants[key].like or key]
        if source.experience and len(source.experience.rounds) < 2:
            raise ValueError(
                f"{path}: setting {setting.name}: variant {source.key} has one round of experience; "
                f"one that begins with that of {begin.name} leaves out the first"
            )


def _variant(key: str, table: Mapping[str, Any]) -> Variant:
    """Return the network of a table ``[variant.KEY]``; ValueError for what is wrong in it."""
    check_name("variant", key)
    try:
        return Variant.of(key, table)
    except ValueError as error:
        raise ValueError(f"variant {key}: {error}") from error


def _setting(table: Mapping[str, Any], tables: Mapping[str, Any]) -> Setting:
    """Return the setting of a table ``[[setting]]``, with the defaults of the file."""
    values = {name: tables[name] for name in ("deployments", "records", "training_seeds") if name in tables}
    values |= table
    lists = {name: tuple(values[name]) for name in _LISTS if isinstance(values.get(name), list)}
    return build(Setting, values | lists, f"the setting {values.get('name', '')}".rstrip())
