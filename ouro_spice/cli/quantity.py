"""Options that are quantities: 60us, 220uS or -0.5V on the command line, and a float in SI in the command."""

from __future__ import annotations

from typing import Any

import typer

from .._util.number_words import in_words, read_number

_NAMES = {
    "S": "SIEMENS", "V": "VOLTS", "s": "SECONDS", "Ohm": "OHMS", "F": "FARADS", "m": "METRES", "K": "KELVIN",
    "": "NUMBER",
}  # fmt: skip
"""What stands for the value in a help text, by the SI unit."""


def quantity(base: str, text: str, *names: str, default: float | str | None = None, **more: Any) -> Any:
    """Return a typer option for a finite number with a unit, in SI without one; other words are one line of error.

    Parameters
    ----------
    base
        Its SI unit.
    text
        Its help.
    names
        Its names; by default that of the parameter.
    default
        What is used where it is not given, for the help: a value in that unit, or words.
    more
        Further arguments of `typer.Option`.
    """

    def read(param: typer.CallbackParam, value: Any) -> float | None:
        """Return the number that is given, with the option's name in errors."""
        return read_number(max(param.opts, key=len), value, base) if isinstance(value, str) else value

    told = in_words(default, base) if isinstance(default, int | float) else default
    return typer.Option(
        *names,
        parser=_as_given,
        callback=read,
        help=f"{text} [default: {told}]" if told else text,
        show_default=False,
        metavar=_NAMES[base],
        **more,
    )


def quantities(name: str, text: str, base: str, separator: str = ",") -> tuple[float, ...]:
    """Return the quantities of an option that takes several, such as 1ns,5ns; ValueError for what are none."""
    return tuple(read_number(name, word, base) for word in text.split(separator))


def _as_given(value: Any) -> Any:
    """Return the value as it is: it is read where its option's name is known."""
    return value
