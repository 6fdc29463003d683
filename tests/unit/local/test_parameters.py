"""What CloudFormation would refuse of the values for a template's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from local.parameters import refusals, values

DOCUMENT: dict[str, Any] = {
    "Parameters": {
        "Stage": {"Type": "String", "Default": "staging", "AllowedValues": ["staging", "production"]},
        "Origins": {
            "Type": "CommaDelimitedList",
            "Default": "https://a.example",
            "AllowedPattern": "https://[a-z.]+",
            "ConstraintDescription": "must be origins",
        },
        "Sender": {"Type": "String", "Default": "x", "MinLength": 1, "MaxLength": 5},
        "Path": {"Type": "String", "Default": "/", "AllowedPattern": "/[a-z]*"},
        "Minutes": {"Type": "Number", "Default": 30, "MinValue": 10, "MaxValue": 60},
        "Rate": {"Type": "Number", "Default": 1, "MinValue": 1},
    },
    "Rules": {
        "Configured": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "production"]},
            "Assertions": [
                {
                    "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Sender"}, "x"]}]},
                    "AssertDescription": "Sender, too.",
                },
                {"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Rate"}, 1]}]}, "AssertDescription": "Rate, too."},
                {
                    "Assert": {"Fn::Not": [{"Fn::Contains": [{"Ref": "Origins"}, "https://a.example"]}]},
                    "AssertDescription": "Origins, too.",
                },
            ],
        }
    },
}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"Sendr": "y"}, "The template has no parameter Sendr. Is Sender meant?"),
        ({"sender": "y"}, "The template has no parameter sender. Is Sender meant?"),
        ({"Colour": "red"}, "The template has no parameter Colour."),
        ({"Stage": "Production"}, "The parameter Stage must be one of staging, production, not Production."),
        (
            {"Origins": "https://a.example, http://b"},
            "The parameter Origins must be origins, not https://a.example, http",
        ),
        ({"Origins": ""}, "The parameter Origins must be origins, not ''."),
        ({"Sender": ""}, "The parameter Sender must have at least 1 characters, not ''."),
        ({"Sender": "abcdef"}, "The parameter Sender must have at most 5 characters, not abcdef."),
        ({"Path": "/a "}, "The parameter Path must match /[a-z]*, not '/a '."),
        ({"Path": "/a\n"}, "The parameter Path must match"),
        ({"Minutes": "9"}, "The parameter Minutes must be from 10 to 60, not 9."),
        ({"Minutes": "61"}, "The parameter Minutes must be from 10 to 60, not 61."),
        ({"Minutes": "10.5"}, "The parameter Minutes must be a whole number, not 10.5."),
        ({"Rate": "0"}, "The parameter Rate must be at least 1, not 0."),
    ],
)
def test_what_a_constraint_refuses_is_said_with_what_it_must_be(given: dict[str, str], sentence: str) -> None:
    (refused,) = refusals(DOCUMENT, given)
    assert refused.startswith(sentence)


def test_everything_is_said_at_once() -> None:
    assert len(refusals(DOCUMENT, {"Sendr": "y", "Path": "a", "Minutes": "five"})) == 3
    *_, path, sender, rate, origins = refusals(DOCUMENT, {"Stage": "production", "Path": "a"})
    assert path.startswith("The parameter Path must match")
    assert (sender, rate, origins) == ("Sender, too.", "Rate, too.", "Origins, too.")


def test_what_fits_is_refused_nothing_and_lists_are_read_without_spaces() -> None:
    given = {"Stage": "production", "Sender": "y", "Rate": "2", "Origins": "https://c.example, https://b.example"}
    assert refusals(DOCUMENT, given) == []
    assert values(DOCUMENT, given)["Origins"] == ["https://c.example", "https://b.example"]
    assert values(DOCUMENT, {})["Minutes"] == "30"


def test_a_parameter_without_a_default_needs_a_value() -> None:
    assert refusals({"Parameters": {"Name": {"Type": "String"}}}, {}) == [
        "The parameter Name has no default and was given no value."
    ]
