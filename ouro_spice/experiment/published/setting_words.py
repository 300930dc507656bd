"""Settings of programmers in words: names that a reader knows, values with their units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .formats import conductance, duration, number

_OF_THE_PAIR = "x the pair's"
"""The unit of an amplitude over the pair's."""

_TIMES = {
    "width": "width", "edge": "edges", "longest": "longest width", "shortest": "shortest width",
    "coarse_width": "coarse width", "fine_width": "fine width",
}  # fmt: skip
_AMPLITUDES = {
    "over": "amplitude", "start": "first amplitude", "step": "step of the amplitude", "most": "largest amplitude",
    "least": "smallest amplitude", "coarse_step": "coarse step", "fine_step": "fine step",
    "drop": "fall of the amplitude",
}  # fmt: skip
_OTHERS = {
    "back": "steps back at a crossing", "growth": "growth from pulse to pulse", "turn": "factor at a crossing",
    "every": "pulses to a step", "keep": "sum of errors kept at a crossing", "limit": "largest sum of errors",
    "gain": "first gain", "rate": "rate of the gain", "other": "part that the other direction follows",
    "mean_set": "expected ln slowness in SET", "mean_reset": "expected ln slowness in RESET",
    "spread": "spread of ln slowness", "noise": "noise of ln slowness", "drift": "drift of ln slowness a pulse",
    "aim": "part of the way aimed at",
}  # fmt: skip


def listed(settings: Mapping[str, Any]) -> str:
    """Return settings in words with their units, without the programmer's name."""
    return ", ".join(" ".join(_word_and_value(settings, name)) for name in settings if name != "name")


def in_words(settings: Mapping[str, Any], of: Mapping[str, str]) -> dict[str, str]:
    """Return the texts on some of the settings, by the settings' names in words."""
    return {_word_and_value({name: None} | dict(settings), name)[0]: text for name, text in of.items()}


def _word_and_value(settings: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the name of a setting in words, and its value with its unit."""
    value = settings[name]
    if name == "start" and "growth" in settings:  # of the rule whose widths grow
        return "first width", _value(value, duration)
    if name in ("proportional", "integral"):  # widths where the amplitude is given, else parts of the amplitude
        word = f"{name} gain"
        return (word, _value(value, duration)) if "over" in settings else (word, _amplitude(value))
    if name == "back" and value is None:
        return _OTHERS[name], "all"
    if name in _TIMES:
        return _TIMES[name], _value(value, duration)
    if name in _AMPLITUDES:
        return _AMPLITUDES[name], _amplitude(value)
    if name == "reach":
        return "fine mode within", _value(value, lambda one: f"{one:.3g} of the target")
    if name == "span":
        return "span of errors", _value(value, conductance)
    return _OTHERS.get(name, name.replace("_", " ")), _value(value, number)


def _amplitude(value: Any) -> str:
    return _value(value, lambda one: f"{number(one)} {_OF_THE_PAIR}")


def _value(value: Any, write: Callable[[Any], str]) -> str:
    """Return a number as it is written; None, true and false as words."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return str(value) if isinstance(value, str) else write(value)
