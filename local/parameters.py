"""What a template would not be deployed with: values that its Parameters and its Rules refuse, each in a sentence."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from local.intrinsics import Resolver, Value, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def refusals(document: Mapping[str, Value], given: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with the given values, the defaults of the others included; empty if nothing is."""
    declared = document.get("Parameters", {})
    found = [_unknown(name, declared) for name in sorted(set(given) - set(declared))]
    for name, parameter in declared.items():
        if name in given or "Default" in parameter:
            value = given.get(name, text_of(parameter.get("Default", "")))
            found += [f"The parameter {name} {demand}, not {_shown(value)}." for demand in _unmet(parameter, value)]
        else:
            found.append(f"The parameter {name} has no default and was given no value.")
    return [*found, *_broken_rules(document, values(document, given))]


def values(document: Mapping[str, Value], given: Mapping[str, str]) -> dict[str, Value]:
    """Each parameter's value as Ref has it: a list for a CommaDelimitedList, else a text."""
    found: dict[str, Value] = {}
    for name, parameter in document.get("Parameters", {}).items():
        value = given.get(name, text_of(parameter.get("Default", "")))
        found[name] = _members(value) if parameter.get("Type") == "CommaDelimitedList" else value
    return found


def _unknown(name: str, declared: Mapping[str, Value]) -> str:
    by_lower = {each.lower(): each for each in declared}
    near = get_close_matches(name.lower(), by_lower, n=1)
    return f"The template has no parameter {name}." + (f" Is {by_lower[near[0]]} meant?" if near else "")


def _shown(value: str) -> str:
    return value if value and value == value.strip() else repr(value)


def _unmet(parameter: Mapping[str, Value], value: str) -> Iterator[str]:
    """The first of a parameter's constraints that the value does not meet, as what it must be."""
    allowed = [text_of(each) for each in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        yield f"must be one of {', '.join(allowed)}"
    elif parameter.get("Type") == "Number":
        yield from _unmet_by_number(parameter, value)
    elif len(value) < int(parameter.get("MinLength", 0)):
        yield f"must have at least {parameter['MinLength']} characters"
    elif len(value) > int(parameter.get("MaxLength", len(value))):
        yield f"must have at most {parameter['MaxLength']} characters"
    elif pattern := parameter.get("AllowedPattern"):
        is_list = parameter.get("Type") == "CommaDelimitedList"
        # As CloudFormation has it: the whole value, or each of a list.
        if not all(re.fullmatch(pattern, each) for each in (_members(value) if is_list else [value])):
            yield parameter.get("ConstraintDescription", f"must match {pattern}")


def _unmet_by_number(parameter: Mapping[str, Value], value: str) -> Iterator[str]:
    # CloudFormation would take fractions, of which nothing here has a use.
    if not re.fullmatch(r"-?[0-9]+", value):
        yield "must be a whole number"
        return
    low, high = parameter.get("MinValue"), parameter.get("MaxValue")
    if (low is None or int(low) <= int(value)) and (high is None or int(value) <= int(high)):
        return
    if low is not None and high is not None:
        yield f"must be from {low} to {high}"
    else:
        yield f"must be at least {low}" if high is None else f"must be at most {high}"


def _members(value: str) -> list[str]:
    return [each.strip() for each in value.split(",")]


def _broken_rules(document: Mapping[str, Value], known: Mapping[str, Value]) -> Iterator[str]:
    resolver = Resolver(known.__getitem__, lambda *_: None, {})
    for id_, rule in document.get("Rules", {}).items():
        where = f"Rules.{id_}"
        if resolver.resolve(rule.get("RuleCondition", True), where):
            for assertion in rule["Assertions"]:
                if not resolver.resolve(assertion["Assert"], where):
                    yield assertion["AssertDescription"]
