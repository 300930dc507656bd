"""Several pulses as one choice of a programmer: sent without a read between, counted apart, kept in the history."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.experiment.history_arrays import pack, unpack
from ouro_spice.programming.lockstep import write_many

CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
UP, ERASE = ouro.Pulse(-0.5, 100e-9), ouro.Pulse(1.0, 1e-6)


@dataclasses.dataclass(frozen=True)
class EraseThenSet:
    """Erase, then a SET that is longer each time; upward a SET alone."""

    name = "erase then SET"
    knows = "nothing"

    def next_pulse(self, target, readings):
        up = dataclasses.replace(UP, width=len(readings) * 50e-9)
        return (ERASE, up) if readings[-1] > target else up


@pytest.fixture(scope="module")
def history():
    cell = ouro.live(CELL, CELL.state(400e-6))
    return ouro.write_verify(cell, EraseThenSet(), 200e-6, 0.02, 12, patience=None)


def test_a_sequence_is_sent_without_a_read_between(history):
    assert history.choices[0] == (ERASE, ouro.Pulse(-0.5, 50e-9))
    assert history.sequences[0] == 2 and sum(history.sequences) == len(history.pulses)
    assert len(history.readings_S) == len(history.sequences) + 1 < len(history.pulses) + 1
    assert history.sent == [0, *np.cumsum(history.sequences)]


def test_the_readings_are_those_of_the_pulses_one_by_one(history):
    cell, found = ouro.live(CELL, CELL.state(400e-6)), []
    for pulses in ((), *history.choices):
        for pulse in pulses:
            cell.apply(pulse)
        found.append(cell.read())
    assert history.readings_S == tuple(found)
    spent_s = sum(cell.pulse_s(pulse) for pulse in history.pulses) + len(found) * cell.read_s
    assert history.time_s == pytest.approx(spent_s, rel=1e-12)
    row = ouro.summary([history])
    assert (row["pulses_mean"], row["reads_mean"]) == (len(history.pulses), len(history.readings_S))


def test_a_table_has_a_row_for_each_pulse_and_no_read_inside_a_sequence(history):
    frame = history.frame
    assert len(frame) == len(history.pulses) + 1
    assert frame.reading_S.notna().to_numpy().nonzero()[0].tolist() == history.sent
    assert np.isnan(frame.reading_S[1]) and frame.amplitude_V[1] == 1.0
    assert "no read" in history._repr_html_()
    assert history.plot().get_lines()[-1].get_xdata().tolist() == history.sent


def test_the_limit_counts_pulses_and_a_sequence_is_sent_whole():
    @dataclasses.dataclass(frozen=True)
    class Twice(EraseThenSet):
        def next_pulse(self, target, readings):
            return (ERASE, ERASE)

    found = ouro.write_verify(CELL, Twice(), 300e-6, 0.01, 5, state=CELL.state(400e-6), patience=None)
    assert found.outcome is ouro.Outcome.PULSE_LIMIT
    assert found.sequences == (2, 2, 2)


def test_many_cells_together_write_as_each_alone():
    drawn = [Recipe(3, 1, None, d2d=ouro.Spread()).draw(CELL, k) for k in range(3)]
    targets = [150e-6, 250e-6, 350e-6]
    together = write_many(ouro.fleet(CELL, drawn), EraseThenSet(), targets, 0.05, 10, patience=None)
    assert any(one.sequences for one in together)
    for k, one in enumerate(together):
        cells = ouro.fleet(CELL, drawn)
        (alone,) = write_many(cells, EraseThenSet(), targets[k : k + 1], 0.05, 10, places=[k], patience=None)
        assert (alone.readings_S, alone.pulses, alone.sequences) == (one.readings_S, one.pulses, one.sequences)
        assert (alone.time_s, alone.energy_J) == (one.time_s, one.energy_J)
    again = unpack(pack(together), "erase then SET", 0.05, together[0].manifest)
    assert [one.choices for one in again] == [one.choices for one in together]


def test_a_history_in_the_cache_keeps_the_edges_of_each_pulse(history):
    """An erase has other edges and another rest behind it than a SET."""
    erase = ouro.Pulse(1.0, 1e-6, rise=1e-9, fall=3e-9, idle=50e-9)
    mixed = dataclasses.replace(history, pulses=(erase, *history.pulses[1:]))
    (again,) = unpack(pack([mixed]), history.programmer, history.tolerance, history.manifest)
    assert again.pulses == mixed.pulses


def test_a_pulse_that_fails_inside_a_sequence_ends_that_write_alone():
    class Failing:
        """Cells of which the second fails at an erase."""

        def __init__(self, cells):
            self._cells = cells

        def __getattr__(self, name):
            return getattr(self._cells, name)

        def __len__(self):
            return len(self._cells)

        def apply(self, places, pulses, bar=None):
            energy = self._cells.apply(places, pulses, bar)
            return np.where(
                [p == 1 and pulse == ERASE for p, pulse in zip(places, pulses, strict=True)], np.nan, energy
            )

    drawn = [dataclasses.replace(Recipe(2, 1, None).draw(CELL, k), start_S=400e-6) for k in range(2)]
    found = write_many(Failing(ouro.fleet(CELL, drawn)), EraseThenSet(), [200e-6] * 2, 0.05, 10, patience=None)
    assert found[1].outcome is ouro.Outcome.SIMULATION_FAILED
    assert (found[1].pulses, found[1].sequences) == ((), ())
    assert found[0].sequences[0] == 2


@pytest.mark.parametrize("chosen", [(), "pulse", (UP, None), None])
def test_what_is_no_pulse_is_refused(chosen):
    class Wrong(EraseThenSet):
        def next_pulse(self, target, readings):
            return chosen

    with pytest.raises(ValueError, match=r"pulses must be one or more ouro_spice\.Pulse"):
        ouro.write_verify(CELL, Wrong(), 300e-6, 0.05, state=CELL.state(400e-6))


def test_counts_that_do_not_add_up_are_refused(history):
    with pytest.raises(ValueError, match=r"sequences = .* add up to"):
        dataclasses.replace(history, sequences=(1,))
