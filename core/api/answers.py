"""Serializers of answers that are read often: lists of fifty rows, the order a till waits for."""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.fields import empty

T = TypeVar("T")


class Answer(serializers.Serializer[T]):
    """Tells objects (no dicts) as any serializer does; how each field is read is found out once, not for each row."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: None if (value := read(instance)) is None else turn(value) for name, read, turn in self._readings}

    @cached_property
    def _readings(self) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
        return [(str(field.field_name), _reader(field), field.to_representation) for field in self._readable_fields]


def _reader(field: Any) -> Callable[[Any], Any]:
    """What reads a field: for an attribute that is always there, C."""
    is_plain = field.default is empty and "." not in field.source and field.source != "*"
    return attrgetter(field.source) if is_plain else field.get_attribute  # type: ignore[no-any-return]
