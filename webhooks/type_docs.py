"""`docs/event-types.md` and `docs/event-schemas.json`, made from the declarations of the events. Pure.

The second file remembers every version of every type that was ever told. Receivers were built against them, so what
changes without a new ``schema_version`` may only add.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from webhooks.catalogue import EventType, event_groups, event_types

Fields = dict[str, str]
History = dict[str, dict[str, Any]]
"""By type: ``about``, and under ``versions`` the fields of each version with the form of each."""

_FORMS = {"uuid": "UUID", "date-time": "time", "date": "date", "amount": "amount"}
ONE_OF = "one of "

INTRODUCTION = """\
# Event types

Made by `manage.py event_types --write`; do not edit. How events are told, in which order and to whom: `docs/events.md`.
The JSON Schemas are in the OpenAPI document (`/api/v1/schema/`, section `webhooks`).

A version of a type only ever gains fields: ignore those you do not know. What would break a reader (a field that goes,
or takes another form) gets a new `schema_version`; the versions that were told before stay listed here, because events
keep the version they were recorded with.

Forms: a *decimal* is a string (`"1.500"`); an *amount* is one with the places of the event's `currency` (`"12.50"`,
`"1250"` in yen); points, whose currency is empty, have no places beyond those they need. Events recorded before this
was so have four places. A *time* is RFC 3339 with its offset; *null* is told, never left out.
"""


def present(kinds: list[EventType] | None = None) -> History:
    """The types of today with the fields of their present version."""
    return {
        kind.type: {
            "about": kind.about,
            "versions": {
                str(kind.schema_version): {name: form_of(part) for name, part in kind.schema["properties"].items()}
            },
        }
        for kind in (event_types() if kinds is None else kinds)
    }


def form_of(schema: Mapping[str, Any]) -> str:
    """A field's schema in a few words, the same for equal schemas only."""
    if "enum" in schema:
        return ONE_OF + ", ".join(sorted(schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(sorted((form_of(one) for one in schema["anyOf"]), key=lambda form: (form == "null", form)))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {form_of(schema['items'])}"
    if kind == "object":
        return f"object of {form_of(schema['additionalProperties'])}"
    if kind == "string":
        return _FORMS.get(schema.get("format", "")) or ("decimal" if "pattern" in schema else "text")
    return str(kind)


def broken_promises(known: History, now: History) -> list[str]:
    """What changed so that a receiver of the known versions would stumble; empty when everything was only added."""
    found = []
    for name, before in known.items():
        after = now.get(name)
        if after is None:
            found.append(f"{name} is not told any more")
            continue
        if before["about"] != after["about"]:
            found.append(f"{name} is about {after['about']} and was about {before['about']}")
        newest, version = max(map(int, before["versions"])), max(map(int, after["versions"]))
        if version < newest:
            found.append(f"{name} went back from version {newest} to {version}")
        elif version == newest:
            found += _broken_fields(name, before["versions"][str(newest)], after["versions"][str(version)])
    return found


def _broken_fields(name: str, before: Fields, after: Fields) -> list[str]:
    return [
        f"{name}: {field} is {after[field]} and was {form}" if field in after else f"{name}: {field} is gone"
        for field, form in before.items()
        if field not in after or not _is_same_or_wider(form, after[field])
    ]


def _is_same_or_wider(before: str, after: str) -> bool:
    """One more value of a word out of a list is news, not a break."""
    if before.startswith(ONE_OF) and after.startswith(ONE_OF):
        return set(before.removeprefix(ONE_OF).split(", ")) <= set(after.removeprefix(ONE_OF).split(", "))
    return before == after


def remembered(known: History, now: History) -> History:
    """The known versions with those of today."""
    return {
        name: {**kind, "versions": {**known.get(name, {}).get("versions", {}), **kind["versions"]}}
        for name, kind in sorted(now.items())
    }


def as_json(history: History) -> str:
    """The file of all versions: a line for each field, so that a change shows as one."""
    return json.dumps(history, indent=1, ensure_ascii=False) + "\n"


def as_page(history: History) -> str:
    """The page: one section per type."""
    parts = [INTRODUCTION]
    for group in event_groups():
        parts.append(f"\n## {group.title} (`{group.pattern}`)\n")
        parts += [_section(kind, history[kind.type]["versions"]) for kind in group.types]
    return "".join(parts)


def _section(kind: EventType, versions: Mapping[str, Fields]) -> str:
    form = versions[str(kind.schema_version)]
    rows = "\n".join(f"| `{name}` | {words} |" for name, words in form.items())
    example = json.dumps(kind.example["data"], ensure_ascii=False)
    return (
        f"\n### {kind.type}\n\n{_meaning(kind)}\n\n"
        f"About one {kind.about.replace('_', ' ')}; heard by who holds `{kind.permission}`."
        f" {_past(versions)}\n\n"
        f"| field | form |\n|---|---|\n{rows}\n\n"
        f"```json\n{example}\n```\n"
    )


def _meaning(kind: EventType) -> str:
    """The whole docstring, one line per paragraph."""
    paragraphs = kind.schema["description"].split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _past(versions: Mapping[str, Fields]) -> str:
    numbers = sorted(map(int, versions))
    words = [f"Version {numbers[-1]}."]
    for before, after in pairwise(numbers):
        old, new = versions[str(before)], versions[str(after)]
        changes = [f"`{name}` is gone" for name in old if name not in new]
        changes += [f"`{name}` was {old[name]}" for name in old if name in new and old[name] != new[name]]
        changes += [f"`{name}` is new" for name in new if name not in old]
        words.append(f"Version {after} differs from {before}: {', '.join(changes) or 'in meaning only'}.")
    return " ".join(words)
