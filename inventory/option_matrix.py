"""What a product's variants become when its options change. Pure: no database.

An option is what variants differ in (Size) with its values (S, M, L); every combination of values is one variant.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Generic, TypeVar

MOST_OPTIONS = 3
MOST_VALUES = 100
MOST_COMBINATIONS = 2000
LONGEST = 38
"""Of a name or a value: three of them with " / " between fill the name of a variant."""
BETWEEN = " / "
LONGEST_SKU = 64

Key = TypeVar("Key")
Combination = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One value; ``was`` is the value that it renames."""

    value: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """What variants differ in; ``was`` is the name that it renames."""

    name: str
    values: Sequence[Value]
    was: str = ""


@dataclass(frozen=True, slots=True)
class Standing(Generic[Key]):
    """A variant as it stands: its name and its value of each option."""

    key: Key
    name: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matrix(Generic[Key]):
    """``kept`` are variants with their combination, ``missing`` combinations without one, ``gone`` variants whose
    combination is no more, ``back`` those of ``kept`` whose value had been taken away before. What was added by hand
    and fits nowhere is in none of them and stays as it is."""

    kept: dict[Key, Combination] = field(default_factory=dict)
    missing: list[Combination] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    back: list[Key] = field(default_factory=list)


def option_faults(options: Sequence[Option], before: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, str, str]]:
    """What is wrong: pointer, code and words for each."""
    if len(options) > MOST_OPTIONS:
        yield "/options", "too-many", f"At most {MOST_OPTIONS} options."
        return
    known = {str(one["name"]): [str(value) for value in one["values"]] for one in before}  # type: ignore[attr-defined]
    yield from _twice([(f"/options/{at}/name", one.name) for at, one in enumerate(options)])
    yield from _renames([(f"/options/{at}/was", one.was) for at, one in enumerate(options)], known)
    for at, one in enumerate(options):
        here = f"/options/{at}/values"
        if not 0 < len(one.values) <= MOST_VALUES:
            yield here, "count", f"An option has 1 to {MOST_VALUES} values."
            continue
        old = known.get(one.was or _alike(one.name, known) or "", [])
        yield from _twice([(f"{here}/{place}/value", value.value) for place, value in enumerate(one.values)])
        yield from _renames([(f"{here}/{place}/was", value.was) for place, value in enumerate(one.values)], old)
    if prod(len(one.values) for one in options) > MOST_COMBINATIONS:
        yield "/options", "too-many-variants", f"At most {MOST_COMBINATIONS} variants of a product."


def _twice(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    seen = set[str]()
    for pointer, text in texts:
        if text.casefold() in seen:
            yield pointer, "twice", f"{text} stands twice."
        seen.add(text.casefold())


def _renames(texts: Sequence[tuple[str, str]], known: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    names = set(known)
    yield from (
        (pointer, "unknown", f"There is no {was} to rename.") for pointer, was in texts if was and was not in names
    )
    yield from _twice([(pointer, was) for pointer, was in texts if was])


def _alike(text: str, known: Iterable[str]) -> str | None:
    return next((one for one in known if one.casefold() == text.casefold()), None)


def combine(
    options: Sequence[Option], before: Sequence[Mapping[str, object]], variants: Sequence[Standing[Key]]
) -> Matrix[Key]:
    """Which variant is which combination afterwards; ``variants`` in their order, the first of two alike stays.

    A new option gives its first value to the variants there are, so that they stay what they were. A variant without
    options takes the combination it is named like; if it is the only one, the first.
    """
    if not options and not before:
        return Matrix()
    wanted = list(product(*([value.value for value in one.values] for one in options)))
    free = dict.fromkeys(wanted)
    names = [(one, _old_name(one, before)) for one in options]
    renames = [_old_values(one, _values_of(old, before)) for one, old in names]
    current = {str(one["name"]): set(_values_of(str(one["name"]), before)) for one in before}
    done: Matrix[Key] = Matrix()
    late: list[tuple[Standing[Key], Combination | None]] = []
    for variant in variants:
        if not variant.options:
            combination = _named_like(variant, free, is_only=len(variants) == 1 and not before)
            if combination is not None and combination in free:
                done.kept[variant.key] = combination
                del free[combination]
            continue
        is_current = variant.options.keys() == current.keys() and all(
            value in current[name] for name, value in variant.options.items()
        )
        combination = _moved(variant.options, names, renames, fills=is_current)
        if not is_current:
            late.append((variant, combination))
        elif combination in free:
            done.kept[variant.key] = combination  # type: ignore[assignment]
            del free[combination]  # type: ignore[arg-type]
        else:
            done.gone.append(variant.key)
    for variant, combination in late:
        if combination in free:
            done.kept[variant.key] = combination  # type: ignore[assignment]
            del free[combination]  # type: ignore[arg-type]
            done.back.append(variant.key)
    done.missing.extend(free)
    return done


def _values_of(name: str | None, before: Sequence[Mapping[str, object]]) -> list[str]:
    return next((list(one["values"]) for one in before if one["name"] == name), [])  # type: ignore[call-overload]


def _old_name(option: Option, before: Sequence[Mapping[str, object]]) -> str | None:
    return option.was or _alike(option.name, [str(one["name"]) for one in before])


def _old_values(option: Option, old: Sequence[str]) -> dict[str, str]:
    """Old values with what each is now; what is renamed does not pass its name on."""
    renamed = {value.was: value.value for value in option.values if value.was}
    same = {value.value.casefold(): value.value for value in option.values if not value.was}
    rest = {one: same[one.casefold()] for one in old if one not in renamed and one.casefold() in same}
    # a value that was taken away before and comes back is no value of the product: it is itself
    return {value: value for value in same.values() if value not in rest} | rest | renamed


def _moved(
    own: Mapping[str, str],
    names: Sequence[tuple[Option, str | None]],
    renames: Sequence[Mapping[str, str]],
    *,
    fills: bool,
) -> Combination | None:
    """The combination of a variant under the new options, None if one of its values is no more."""
    if not fills and own.keys() != {old or option.name for option, old in names}:
        return None
    found = []
    for (option, old), values in zip(names, renames, strict=True):
        name = old or option.name
        value = values.get(own[name]) if name in own else option.values[0].value
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def _named_like(variant: Standing[Key], free: Iterable[Combination], *, is_only: bool) -> Combination | None:
    told = variant.name.casefold()
    alike = next(
        (one for one in free if told and told in (BETWEEN.join(one).casefold(), " ".join(one).casefold())), None
    )
    return alike or (next(iter(free), None) if is_only else None)


def sku_of(base: str, combination: Combination, *, number: int = 1) -> str:
    """``<base>-<value>-<value>`` in letters, digits and dashes; from the second of one name on with its number."""
    parts = ["".join(sign if sign.isalnum() else "-" for sign in value) for value in combination]
    tail = "".join(f"-{'-'.join(filter(None, part.split('-')))}" for part in parts if part.strip("-"))
    if number > 1 or not tail:
        tail += f"-{number}"
    return f"{base[: max(LONGEST_SKU - len(tail), 0)]}{tail}"[-LONGEST_SKU:]


def base_of(sku: str, combination: Combination) -> str:
    """What a SKU begins with before the values of its variant."""
    tail = sku_of("", combination) if combination else ""
    return sku.removesuffix(tail) or sku
