"""What a network is trained on: what it would have seen, what was asked for, and what pulses of any width did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from .._util.display import brief, shows
from ..dataset.pulse_dataset import PulseDataset
from .recorded_curves import Curves
from .specification import DEFAULTS, DERIVED


@dataclass(frozen=True)
class Examples:
    """n records to learn from.

    Attributes
    ----------
    inputs
        Columns by name, (n,) float64: readings and what else a network may see, of `DEFAULTS`.
    target_S
        Wanted conductance [S], (n,).
    time_s
        Signed time of the pulse that ends closest to it [s], SET positive, (n,); of records that vary a voltage that
        voltage [V].
    curves
        Conductance over the width of a pulse towards the target; None where nothing but the times is known.
    """

    inputs: Mapping[str, torch.Tensor]
    target_S: torch.Tensor
    time_s: torch.Tensor
    curves: Curves | None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, data: PulseDataset, split: str | None = None, curves: bool = True) -> Examples:
        """Return the records of a split that reached their targets as examples; none where it is empty.

        Raises
        ------
        ValueError
            Where histories are asked for and the dataset has none.
        """
        inputs, time_s = data.tensors(split)
        if curves and "history_g_S" not in data.frame:
            raise ValueError("this training learns from histories, and the dataset has none")
        seen = {"g_start_S": inputs[:, 0], "dg_S": inputs[:, 1]}
        rows = data.reached(split)
        for name, column in (("log_rise", "rise_s"), ("log_fall", "fall_s")):
            if column in rows:
                seen[name] = torch.from_numpy(np.log(rows[column].to_numpy(float)))
        recorded = Curves.of((dt_s, g_S.numpy()) for dt_s, g_S in data.histories(split)) if curves else None
        return cls(seen, inputs.sum(dim=1), time_s, recorded)

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def recorded(self) -> Curves:
        """Return the curves of all examples; ValueError where nothing but the times is known."""
        if self.curves is None:
            raise ValueError("this training learns from histories, and the records have none")
        return self.curves

    def table(
        self, names: tuple[str, ...], rows: torch.Tensor | slice = slice(None), dg_S: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the inputs of a network, (rows, inputs); with `dg_S`, (rows,) [S], those of other wanted changes."""
        asked = self.inputs["dg_S"][rows] if dg_S is None else dg_S
        derived = {name: of for name, of in DERIVED.items() if name in names}
        columns = {"dg_S": asked} | {name: torch.from_numpy(of(asked.numpy())) for name, of in derived.items()}
        return torch.stack([columns[name] if name in columns else self.column(name)[rows] for name in names], dim=1)

    def column(self, name: str) -> torch.Tensor:
        """Return one input of all examples, (n,), of `DEFAULTS`; its default where it is not known."""
        if name in self.inputs:
            return self.inputs[name]
        default = DEFAULTS[name]
        if default is None:
            raise ValueError(f"the network sees {name}, which these records do not have")
        return torch.full((len(self),), default, dtype=torch.float64)
