"""CloudFormation's short-form YAML and its intrinsic functions.

Knows the functions that this project's template uses; anything else is refused with a sentence that
names it and where it stands, so that the local stack never runs on a half-understood template.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# What a value of the template may be: YAML has no narrower type, hence Any.
type Value = Any


class TemplateError(Exception):
    """The template cannot be understood; the message is a sentence for whoever edits it."""


class _NoValue:
    """What Ref AWS::NoValue stands for: the property is as good as not written."""


NO_VALUE = _NoValue()

_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's !Tags, each read as its long form."""


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> Value:
    value: Value
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has no fourth kind of node
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _tagged)


def read_document(path: Path) -> dict[str, Value]:
    """The template as plain values, each !Tag in its long form ({"Fn::Sub": ...}, {"Ref": ...})."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise TemplateError(f"{path} does not exist.") from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{path.name} is not valid YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path.name} has no Resources.")
    return document


class Resolver:
    """Replaces intrinsic functions by values.

    `reference(name)` answers Ref, `attribute(logical_id, name)` answers GetAtt; both raise LookupError for
    what they do not know. `conditions` is the template's own section.
    """

    def __init__(
        self,
        reference: Callable[[str], Value],
        attribute: Callable[[str, str], Value],
        conditions: Mapping[str, Value],
    ) -> None:
        self._reference = reference
        self._attribute = attribute
        self._conditions = conditions

    def resolve(self, value: Value, where: str) -> Value:
        """`value` without intrinsic functions. `where` is its place in the template, for error messages."""
        if isinstance(value, list):
            items = [self.resolve(item, f"{where}[{index}]") for index, item in enumerate(value)]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                return self._call(name, argument, where)
            if name == "Condition" and isinstance(argument, str):
                return self._condition(argument, where)
        resolved = {key: self.resolve(item, f"{where}.{key}") for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _call(self, name: str, argument: Value, where: str) -> Value:
        if name == "Ref":
            return self._ref(str(argument), where)
        if name == "Fn::GetAtt":
            return self._get_att(argument, where)
        if name == "Fn::Sub":
            return self._sub(argument, where)
        if name == "Fn::If":
            condition, then, otherwise = self._arguments(name, argument, where, 3)
            return self.resolve(then if self._condition(condition, where) else otherwise, where)
        if name in _PLAIN_FUNCTIONS:
            count, function = _PLAIN_FUNCTIONS[name]
            resolved = self.resolve(self._arguments(name, argument, where, count), where)
            try:
                return function(resolved)
            except (AttributeError, IndexError, TypeError, ValueError) as error:
                raise TemplateError(f"{where}: {name} does not fit its arguments: {error}.") from error
        raise TemplateError(f"{where} uses {name}, which the local stack does not know.")

    @staticmethod
    def _arguments(name: str, argument: Value, where: str, count: int | None) -> list[Value]:
        if not isinstance(argument, list) or (count is not None and len(argument) != count):
            wanted = f"a list of {count}" if count else "a list"
            raise TemplateError(f"{where}: {name} takes {wanted}.")
        return argument

    def _condition(self, name: str, where: str) -> bool:
        if name not in self._conditions:
            raise TemplateError(f"{where} names the condition {name}, which the template does not define.")
        return bool(self.resolve(self._conditions[name], f"Conditions.{name}"))

    def _ref(self, name: str, where: str) -> Value:
        try:
            return self._reference(name)
        except LookupError as error:
            raise TemplateError(f"{where} refers to {name}: {error.args[0]}.") from None

    def _get_att(self, argument: Value, where: str) -> Value:
        logical_id, attribute = self._arguments("Fn::GetAtt", argument, where, 2)
        try:
            return self._attribute(logical_id, attribute)
        except LookupError as error:
            raise TemplateError(f"{where} refers to {logical_id}.{attribute}: {error.args[0]}.") from None

    def _sub(self, argument: Value, where: str) -> str:
        text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(variables, dict):
            raise TemplateError(f"{where}: Fn::Sub takes a text, or a text and its variables.")

        def substituted(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return text_of(self.resolve(variables[name], where))
            logical_id, dot, attribute = name.partition(".")
            return text_of(self._get_att([logical_id, attribute], where) if dot else self._ref(name.strip(), where))

        return _SUBSTITUTION.sub(substituted, text)


def text_of(value: Value) -> str:
    """A scalar as CloudFormation writes it into a string: true and false in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"{value!r} is not a single value")


_PLAIN_FUNCTIONS: dict[str, tuple[int | None, Callable[[list[Value]], Value]]] = {
    "Fn::Join": (2, lambda a: a[0].join(text_of(item) for item in a[1])),
    "Fn::Split": (2, lambda a: a[1].split(a[0])),
    "Fn::Select": (2, lambda a: a[1][int(a[0])]),
    "Fn::Equals": (2, lambda a: text_of(a[0]) == text_of(a[1])),
    "Fn::Contains": (2, lambda a: text_of(a[1]) in map(text_of, a[0])),
    "Fn::Not": (1, lambda a: not a[0]),
    "Fn::And": (None, all),
    "Fn::Or": (None, any),
}
