"""docs/openapi.yaml is current, and says nothing that is not so."""

import re
from typing import Any

import jsonschema_rs
import pytest
import yaml

from local.template import Template
from payments.domain.errors import NotConfigured
from payments.runtime.order_bodies import purchase
from payments.runtime.problems import PROBLEMS
from tools import openapi

SPEC: dict[str, Any] = yaml.safe_load(openapi.DOCUMENT.read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: operation
    for path in SPEC["paths"].values()
    for key, operation in path.items()
    if key != "servers"
}


def test_it_is_what_the_code_says_today() -> None:
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.text(), "run `make openapi`"


def test_every_route_of_the_template_is_in_it() -> None:
    functions = Template(openapi.ROOT / "template.yaml").functions.values()
    routes = {(route.path, str(route.method).lower()) for function in functions for route in function.routes}
    routes |= {("/", "post") for function in functions if function.has_url}
    assert routes == {
        (path, method) for path, methods in SPEC["paths"].items() for method in methods if method != "servers"
    }


def test_every_error_that_callers_are_told_of_is_in_it() -> None:
    told = {error for operation in openapi.OPERATIONS.values() for error in operation.refusals}
    assert told == set(PROBLEMS) - {NotConfigured}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_example_fits_its_schema(operation: str) -> None:
    for response in OPERATIONS[operation]["responses"].values():
        for content in response.get("content", {}).values():
            schema = content["schema"] | {"components": SPEC["components"]}
            examples = [example["value"] for example in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            for example in examples:
                jsonschema_rs.validate(schema, example, validate_formats=True)


def test_every_schema_that_is_named_is_there() -> None:
    named = re.findall(r"#/components/schemas/(\w+)", openapi.DOCUMENT.read_text(encoding="utf-8"))
    assert set(named) <= set(SPEC["components"]["schemas"])


def test_the_example_order_is_one_that_is_taken() -> None:
    order = OPERATIONS["createCheckoutSession"]["requestBody"]["content"]["application/json"]["example"]
    assert purchase(order, None).email == order["email"]


def test_a_route_that_is_not_described_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    described = {name: each for name, each in openapi.OPERATIONS.items() if name != "GET /products"}
    monkeypatch.setattr(openapi, "OPERATIONS", described)
    with pytest.raises(KeyError, match="GET /products"):
        openapi.text()
