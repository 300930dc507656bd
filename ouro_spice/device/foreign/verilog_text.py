"""A Verilog-A text of a user's own, as it is compiled: with its includes in it, and a name that no other module has."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class VerilogText:
    """A Verilog-A module that comes as text.

    Simulators know a module by its name and keep the first one that they have loaded: the name that it is compiled
    under has a digest of the text in it.

    Attributes
    ----------
    name
        Of the module, in the text.
    text
        The whole text, includes in their places.
    defines
        Macros for the compiler.
    """

    name: str
    text: str = field(repr=False)
    defines: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Return the name of the module as it is compiled."""
        content = "\0".join([self.text, *self.defines])
        return f"{self.name}_{hashlib.sha256(content.encode()).hexdigest()[:10]}".lower()

    @property
    def renamed(self) -> str:
        """Return the text with that name."""
        return re.sub(rf"\b(module\s+){self.name}\b", rf"\g<1>{self.module}", self.text)
