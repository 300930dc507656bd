"""Names of settings and variants in words: right, readable where unknown, and of the same colour."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ouro_spice.reporting.amounts import amount, interval, plain
from ouro_spice.reporting.names import setting_name, table_in_words, text_in_words, variant_name, with_names
from ouro_spice.reporting.variants import kind

RESULTS = Path(__file__).resolve().parent.parent / "results"


def published() -> set[str]:
    """All names of variants and programmers in the published results."""
    found: set[str] = set()
    for path in RESULTS.glob("*.json"):
        results = json.loads(path.read_text())
        for rows in results["one_shot"].values():
            found |= set(rows)
        for by_tolerance in results["write_verify"].values():
            found |= {name for rows in by_tolerance.values() for name in rows}
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reduced_60us_d2d", "Compact model (reduced), pulses of the 60 us pair, devices that differ"),
        ("1t1r_60us", "1T1R cell in SPICE, pulses of the 60 us pair, nominal device"),
        ("compact_0.5us_yu", "Compact model (full), pulses of the 0.5 us pair, devices that differ (Yu et al., wide)"),
        ("mine_60us_own_law", "mine, pulses of the 60 us pair, devices that differ (own law)"),
        ("my_setting", "my setting"),
    ],
)
def test_settings_have_titles(name, words):
    assert setting_name(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("within_20", "network for ±20 %"),
        ("voltage_history_50, two attempts", "network of amplitude, width, history for ±50 %, two attempts"),
        ("history, trained on compact", "network with history for ±10 %, trained on the compact model"),
        ("fixed 10 ns, untuned", "fixed pulses of 10 ns, untuned"),
        ("table_10", "table for ±10 %"),
        ("within_reach", "within reach"),
        ("mine, something else", "mine, something else"),
    ],
)
def test_variants_have_names(name, words):
    assert variant_name(name) == words


def test_all_published_names_are_told_apart_keep_their_colour_and_are_words_once_and_for_all():
    names = published()
    words = {name: variant_name(name) for name in names}
    assert len(names) > 40 and not [one for one in words.values() if "_" in one]
    assert len(set(words.values())) == len(names)
    assert {name for name, one in words.items() if kind(one) != kind(name)} == set()
    assert {one for one in words.values() if variant_name(one) != one} == set()


def test_rows_tables_and_sentences_are_put_into_words():
    rows = {"within_20": 1, "network for ±20 %": 2, "edges": 3}
    assert with_names(rows) == {
        "network for ±20 %": 1, "network for ±20 % (network for ±20 %)": 2, "network for ±20 %, edges as inputs": 3,
    }  # fmt: skip
    head, lines = table_in_words((("variant", "n"), [["within_20", "7"], ["edges of 10 ns", "7"]]), rows)
    assert (head, lines) == (["variant", "n"], [["network for ±20 %", "7"], ["edges of 10 ns", "7"]])
    said = text_in_words("voltage_history takes 2, history 3; within_20_more none", ["history", "voltage_history"])
    assert said.startswith("network of amplitude, width, history for ±10 % takes 2, network with history for ±10 % 3")
    assert "within_20_more" in said
    assert text_in_words("as it is", []) == "as it is"


def test_what_is_no_number_is_a_dash_on_a_page():
    """A page is written behind hours of work: one such value must not lose it."""
    nan, infinite = float("nan"), float("inf")
    assert plain(nan) == plain(infinite) == amount(nan, "s") == "-"
    assert interval(1e-6, (nan, infinite), "s") == "1.00 (- .. -) us"
