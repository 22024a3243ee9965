"""Names of rules, for tables that have several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from alliance.errors import from_code
from alliance.rules import Preset, Rule, require_rule

__all__ = ["name_rules", "short_name"]


def name_rules(rules: Iterable[Rule] | Mapping[str, Rule]) -> dict[str, Rule]:
    """Give each rule a name: the caller's, the preset's, or what makes the rule what it is."""
    if isinstance(rules, Mapping):
        if not all(isinstance(name, str) and name for name in rules):
            raise from_code("invalid-option", "rules: names are text and not empty")
        listed, names = list(rules.values()), list(rules)
    else:
        if isinstance(rules, str | Rule) or not isinstance(rules, Iterable):
            raise from_code("invalid-option", "rules: give several rules, or a mapping of names to rules")
        listed = list(rules)
        names = []
    for rule in listed:
        require_rule(rule)
    if not listed:
        raise from_code("invalid-option", "rules: give at least one")
    return dict(zip(names or _told_apart(listed), listed, strict=True))


def short_name(rule: Any) -> str:
    """Name a rule: the preset's id, or what makes the rule what it is."""
    if isinstance(rule, Preset) and rule.id:
        return rule.id
    reference, threshold, unit = (getattr(rule, name, None) for name in ("reference", "threshold", "unit"))
    if reference is None or threshold is None or unit is None:
        kind = str(getattr(rule, "_kind", type(rule).__name__)).replace("-", " ")
        return kind if threshold is None else f"{kind}, {threshold:g}"
    return f"{_said(reference)} - {threshold:g} {_said(unit)}"


def _said(choice: Any) -> str:
    return (
        choice
        if isinstance(choice, str)
        else " ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in choice)
    )


def _told_apart(rules: Sequence[Any]) -> list[str]:
    """Name rules so that no two have the same name: by the fields in which they differ, else by number."""
    names = [short_name(rule) for rule in rules]
    for name in {name for name in names if names.count(name) > 1}:
        alike = [place for place, other in enumerate(names) if other == name]
        for place, said in zip(alike, _differences([rules[place] for place in alike]), strict=True):
            names[place] = f"{name}, {said}" if said else name
    taken: dict[str, int] = {}
    for place, name in enumerate(names):
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            names[place] = f"{name} ({taken[name]})"
    return names


def _differences(rules: Sequence[Any]) -> list[str]:
    """Say of each rule the fields in which these rules differ."""
    if len({type(rule) for rule in rules}) > 1 or not is_dataclass(rules[0]):
        return [""] * len(rules)
    shown = [field.name for field in fields(rules[0])]
    differing = [name for name in shown if any(getattr(rule, name) != getattr(rules[0], name) for rule in rules)]
    return [", ".join(f"{name} {_said_value(getattr(rule, name))}" for name in differing) for rule in rules]


def _said_value(value: Any) -> str:
    return _said(value) if isinstance(value, str | tuple) else f"{value:g}" if isinstance(value, float) else str(value)
