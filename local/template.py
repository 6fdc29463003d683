"""template.yaml as typed views, resolved against the addresses of the local stack.

The template is the only list of functions, routes, queues, tables, environment variables and CORS rules;
`local` and the tests read it here. What it says and this module cannot give raises TemplateError.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from local.declarations import (
    Cors,
    Function,
    HttpApi,
    Queue,
    QueueEvent,
    Route,
    Secret,
    Table,
    authorizers_of,
    cors_of,
    queue_event_of,
    rate_of,
)
from local.intrinsics import NO_VALUE, Resolver, TemplateError, Value, read_document, text_of
from local.parameters import refusals, values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "ACCOUNT_ID",
    "REGION",
    "Addresses",
    "Cors",
    "Function",
    "HttpApi",
    "Queue",
    "QueueEvent",
    "Route",
    "Secret",
    "Table",
    "Template",
    "TemplateError",
]

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"

_FUNCTION = "AWS::Serverless::Function"
_LAYER = "AWS::Serverless::LayerVersion"
_HTTP_API = "AWS::Serverless::HttpApi"
_TABLE = "AWS::DynamoDB::Table"
_QUEUE = "AWS::SQS::Queue"
_SECRET = "AWS::SecretsManager::Secret"
_USER_POOL = "AWS::Cognito::UserPool"

# SAM's name for the API of routes that name none.
_IMPLICIT_API = "ServerlessHttpApi"


@dataclass(frozen=True)
class Addresses:
    """Where the local stack's servers are: origins without a trailing slash."""

    aws: str = "http://127.0.0.1:4566"
    api: str = "http://localhost:3000"
    function_url: str = "http://localhost:3001"


class Template:
    """A resolved template.

    `path` is the template (code locations are relative to it), `parameters` overrides its parameters'
    defaults, `addresses` says where the local servers are.
    """

    def __init__(
        self,
        path: Path,
        parameters: Mapping[str, str] | None = None,
        addresses: Addresses | None = None,
        stack_name: str = "quittance-local",
    ) -> None:
        self.path = path
        self.stack_name = stack_name
        self.addresses = addresses or Addresses()
        self.document = read_document(path)
        self.parameters = _parameters(self.document, parameters or {})
        self._resolver = Resolver(self._reference, self._attribute, self.document.get("Conditions", {}))

    def resolve(self, value: Value, where: str = "value") -> Value:
        """Any piece of `document` with its intrinsic functions replaced by local values."""
        return self._resolver.resolve(value, where)

    def output(self, name: str) -> Value:
        """The value of an output."""
        outputs = self.document.get("Outputs", {})
        if name not in outputs:
            raise TemplateError(f"The template has no output {name}.")
        return self.resolve(outputs[name]["Value"], f"Outputs.{name}")

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {id_: self._function(id_) for id_ in self._ids(_FUNCTION)}

    @cached_property
    def http_apis(self) -> dict[str, HttpApi]:
        routes = [route for function in self.functions.values() for route in function.routes]
        ids = dict.fromkeys([*self._ids(_HTTP_API), *(route.api for route in routes)])
        apis = {}
        for id_ in ids:
            properties = self._properties(id_) if id_ in self._resources else {}
            apis[id_] = HttpApi(
                id_,
                cors_of(id_, properties.get("CorsConfiguration")),
                tuple(route for route in routes if route.api == id_),
                authorizers_of(id_, properties.get("Auth")),
            )
        return apis

    @cached_property
    def tables(self) -> dict[str, Table]:
        return {id_: Table(id_, self._reference(id_), self._properties(id_)) for id_ in self._ids(_TABLE)}

    @cached_property
    def queues(self) -> dict[str, Queue]:
        return {id_: self._queue(id_) for id_ in self._ids(_QUEUE)}

    @cached_property
    def secrets(self) -> dict[str, Secret]:
        return {
            id_: Secret(
                logical_id=id_,
                name=self._name(id_),
                arn=self._reference(id_),
                value=str(self._properties(id_).get("SecretString", "")),
            )
            for id_ in self._ids(_SECRET)
        }

    # Resources as written

    @property
    def _resources(self) -> dict[str, dict[str, Value]]:
        resources: dict[str, dict[str, Value]] = self.document["Resources"]
        return resources

    def _ids(self, type_: str) -> list[str]:
        return [
            id_
            for id_, resource in self._resources.items()
            if resource["Type"] == type_
            and ("Condition" not in resource or self.resolve({"Condition": resource["Condition"]}, id_))
        ]

    def _properties(self, id_: str) -> dict[str, Value]:
        resource = self._resources[id_]
        section = resource["Type"].rsplit("::", 1)[1] if resource["Type"].startswith("AWS::Serverless") else ""
        defaults = self.document.get("Globals", {}).get(section, {})
        properties: dict[str, Value] = self.resolve(
            _merged(defaults, resource.get("Properties", {})), f"Resources.{id_}"
        )
        return properties

    # Physical values

    def _name(self, id_: str) -> str:
        resource = self._resources[id_]
        properties = resource.get("Properties", {})
        for key in ("FunctionName", "TableName", "QueueName", "LogGroupName", "Name"):
            if key in properties:
                return str(self.resolve(properties[key], f"Resources.{id_}.{key}"))
        suffix = ".fifo" if properties.get("FifoQueue") else ""
        return f"{self.stack_name}-{id_}{suffix}"

    def _arn(self, id_: str) -> str:
        paths = {
            _FUNCTION: "lambda:{}:{}:function:",
            _LAYER: "lambda:{}:{}:layer:",
            _TABLE: "dynamodb:{}:{}:table/",
            _QUEUE: "sqs:{}:{}:",
            _SECRET: "secretsmanager:{}:{}:secret:",
            "AWS::IAM::Role": "iam::{1}:role/",
            "AWS::Logs::LogGroup": "logs:{}:{}:log-group:",
        }
        type_ = self._resources[id_]["Type"]
        if type_ not in paths:
            raise LookupError(f"the local stack does not know the ARN of a {type_}")
        return f"arn:aws:{paths[type_].format(REGION, ACCOUNT_ID)}{self._name(id_)}"

    def _reference(self, name: str) -> Value:
        if name in self.parameters:
            return self.parameters[name]
        pseudo = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{self.stack_name}/local",
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name not in self._resources:
            raise LookupError("the template has no parameter or resource of this name")
        type_ = self._resources[name]["Type"]
        if type_ == _QUEUE:
            return f"{self.addresses.aws}/{ACCOUNT_ID}/{self._name(name)}"
        if type_ in (_SECRET, _LAYER):
            return self._arn(name)
        return self._name(name)

    def _attribute(self, id_: str, attribute: str) -> Value:
        if id_ not in self._resources:
            return self._generated_attribute(id_, attribute)
        type_ = self._resources[id_]["Type"]
        if attribute == "Arn" and type_ != _LAYER:
            return self._arn(id_)
        known: dict[tuple[str, str], Callable[[str], Value]] = {
            (_QUEUE, "QueueName"): self._name,
            (_QUEUE, "QueueUrl"): self._reference,
            (_TABLE, "StreamArn"): lambda table: f"{self._arn(table)}/stream/local",
            (_SECRET, "Id"): self._arn,
            (_HTTP_API, "ApiEndpoint"): lambda _: self.addresses.api,
            (_USER_POOL, "ProviderURL"): lambda id_: f"https://cognito-idp.{REGION}.amazonaws.com/{self._name(id_)}",
        }
        if (type_, attribute) not in known:
            raise LookupError(f"the local stack does not know this attribute of a {type_}")
        return known[type_, attribute](id_)

    def _generated_attribute(self, id_: str, attribute: str) -> Value:
        """Attributes of what SAM generates beside a function."""
        function = id_.removesuffix("Url")
        if function in self._resources and attribute == "FunctionUrl":
            return f"{self.addresses.function_url}/"
        if id_ == _IMPLICIT_API and attribute == "ApiEndpoint":
            return self.addresses.api
        if id_ in self._schedules() and attribute == "Arn":
            return f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{self.stack_name}-{id_}"
        raise LookupError("the template has no resource of this name")

    def _schedules(self) -> set[str]:
        """SAM's names for the rules of schedules."""
        return {
            f"{function}{name}"
            for function in self._ids(_FUNCTION)
            for name, event in self._resources[function]["Properties"].get("Events", {}).items()
            if event["Type"] == "Schedule"
        }

    # Views

    def _function(self, id_: str) -> Function:
        properties = self._properties(id_)
        routes: list[Route] = []
        queue_events: list[QueueEvent] = []
        schedules: list[int] = []
        for name, event in properties.get("Events", {}).items():
            where = f"Resources.{id_}.Events.{name}"
            details = event.get("Properties", {})
            match event["Type"]:
                case "HttpApi":
                    routes.append(self._route(id_, details, where))
                case "SQS":
                    queue_events.append(queue_event_of(details))
                case "Schedule" | "ScheduleV2":
                    expression = details.get("Schedule", details.get("ScheduleExpression"))
                    schedules.append(rate_of(str(expression), where))
                case other:
                    raise TemplateError(f"{where} is of type {other}, which the local stack does not run.")
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            logical_id=id_,
            name=self._name(id_),
            arn=self._arn(id_),
            code_uri=self.path.parent / str(properties.get("CodeUri", ".")),
            layers=tuple(self._layer(arn, id_) for arn in properties.get("Layers", [])),
            handler=properties["Handler"],
            timeout=int(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
            log_format=properties.get("LoggingConfig", {}).get("LogFormat", "Text"),
            environment={key: text_of(value) for key, value in variables.items()},
            routes=tuple(routes),
            queue_events=tuple(queue_events),
            schedules=tuple(schedules),
            has_url="FunctionUrlConfig" in properties,
        )

    def _layer(self, arn: str, function: str) -> Path:
        for id_ in self._ids(_LAYER):
            if self._arn(id_) == arn:
                content = self.path.parent / str(self._properties(id_)["ContentUri"])
                # A built layer has its modules in python/, as Lambda unpacks it.
                return content / "python" if (content / "python").is_dir() else content
        raise TemplateError(f"{function} uses the layer {arn}, which is not in the template.")

    def _route(self, function: str, details: Mapping[str, Value], where: str) -> Route:
        if details.get("PayloadFormatVersion", "2.0") != "2.0":
            raise TemplateError(f"{where}: the local stack knows payload format 2.0 only.")
        api = details.get("ApiId", _IMPLICIT_API)
        [api] = [id_ for id_ in self._ids(_HTTP_API) if self._name(id_) == api] or [api]
        method, path = details.get("Method"), details.get("Path")
        auth = details.get("Auth", {})
        scopes = tuple(str(each) for each in auth.get("AuthorizationScopes", ()))
        method = method.upper() if method else "ANY" if path else None
        return Route(api, method, path, function, auth.get("Authorizer"), scopes)

    def _queue(self, id_: str) -> Queue:
        properties = dict(self._properties(id_))
        properties.pop("QueueName", None)
        properties.pop("Tags", None)
        redrive = properties.get("RedrivePolicy", {})
        attributes = {
            key: json.dumps(value) if isinstance(value, dict) else text_of(value) for key, value in properties.items()
        }
        return Queue(
            logical_id=id_,
            name=self._name(id_),
            url=self._reference(id_),
            arn=self._arn(id_),
            attributes=attributes,
            redrives_to=redrive.get("deadLetterTargetArn"),
        )


def _parameters(document: Mapping[str, Value], overrides: Mapping[str, str]) -> dict[str, Value]:
    if refused := refusals(document, overrides):
        raise TemplateError("\n".join(refused))
    return values(document, overrides)


def _merged(defaults: Value, own: Value) -> Value:
    """SAM's rule for Globals: maps merge, lists are joined, the resource's own value wins."""
    if isinstance(defaults, dict) and isinstance(own, dict):
        return {key: _merged(defaults.get(key), own.get(key)) for key in [*defaults, *own]}
    if isinstance(defaults, list) and isinstance(own, list):
        return [*defaults, *own]
    return defaults if own is None else own
