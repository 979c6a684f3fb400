"""Choices of models as forms offer them."""

from collections.abc import Iterable
from typing import Any


def offered(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, str]]:
    """The choices, each with a label that begins with a capital letter and is otherwise as the model writes it."""
    return [(value, f"{str(label)[:1].upper()}{str(label)[1:]}") for value, label in choices]
