"""What an array tells a designer: writes, reads, products, disturb, position, energy and delay."""

from .delay import LineDelay
from .disturb import Disturb, disturb
from .energy import Energy
from .position import Positions, sweep_positions
from .product import Product, product
from .sneak import Sneak, SneakMap, sneak, sneak_map
from .write import ArrayWrite, write_array

__all__ = [
    "ArrayWrite",
    "Disturb",
    "Energy",
    "LineDelay",
    "Positions",
    "Product",
    "Sneak",
    "SneakMap",
    "disturb",
    "product",
    "sneak",
    "sneak_map",
    "sweep_positions",
    "write_array",
]
