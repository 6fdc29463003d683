"""docs/openapi.yaml as a judge of answers."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import yaml

from tools.openapi import DOCUMENT


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False} if schema.get("type") == "object" else dict(schema)


class Contract:
    """Judges more strictly than the document itself: an answer has no field that is not described."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
        schemas = self.document["components"]["schemas"]
        components = {"schemas": {name: _closed(schema) for name, schema in schemas.items()}}
        self._judges: dict[tuple[str, int, str], jsonschema_rs.Validator] = {
            (operation["operationId"], int(status), content_type): jsonschema_rs.validator_for(
                content["schema"] | {"components": components}, validate_formats=True
            )
            for path in self.document["paths"].values()
            for method, operation in path.items()
            if method != "servers"
            for status, response in operation["responses"].items()
            for content_type, content in response.get("content", {}).items()
        }

    def judge(self, operation: str, status: int, content_type: str, body: object) -> None:
        """AssertionError for an answer that is not in the document, is a failure of ours, or tells of our code."""
        assert status < 500, (status, body)
        judge = self._judges.get((operation, status, content_type))
        assert judge, f"{operation} answers {status} {content_type}, which is not documented: {body}"
        problems = [f"{each.instance_path}: {each.message}" for each in judge.iter_errors(body)]
        assert not problems, (problems, body)
        told = json.dumps(body)
        assert "Traceback" not in told
        assert ".py" not in told
