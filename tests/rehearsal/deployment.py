"""The stack as it stands in the emulator, and what must be done by hand there that AWS does of itself."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.rehearsal.emulator import Emulator

_FUNCTION = re.compile(r"\$\{(\w+)\.Arn\}")
_COMPLAINT = re.compile(r'"level":"(?:WARNING|ERROR|CRITICAL)"|Traceback|errorMessage')
_EVENTS, _LINES = 15, 20
UPDATE_SECONDS = 300.0


class Deployment:
    """Asks AWS anew each time: the stack changes under it."""

    def __init__(self, emulator: Emulator, stack: str) -> None:
        self.emulator = emulator
        self.stack = stack
        self._cloudformation = emulator.client("cloudformation")
        self._forgotten = 0.0

    def status(self) -> str:
        return str(self._described()["StackStatus"])

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self._described()["Outputs"]}

    def physical(self, logical_id: str) -> str:
        """What the stack calls a resource."""
        found = self._cloudformation.describe_stack_resource(StackName=self.stack, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def settings(self, logical_id: str) -> dict[str, str]:
        """A function's environment variables."""
        found = self.emulator.client("lambda").get_function_configuration(FunctionName=self.physical(logical_id))
        return dict(found["Environment"]["Variables"])

    def template(self) -> dict[str, Any]:
        """What was deployed, before SAM's transformation."""
        found = self._cloudformation.get_template(StackName=self.stack, TemplateStage="Original")["TemplateBody"]
        return dict(yaml.safe_load(found) if isinstance(found, str) else found)

    def update(self, template: Mapping[str, Any]) -> None:
        """Another template with the same artefacts and settings, as `sam deploy` would have it in place of this one."""
        kept = [{"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in self._parameters()]
        self._cloudformation.update_stack(
            StackName=self.stack,
            TemplateURL=self._uploaded(template),
            Parameters=kept,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        eventually(lambda: not self.status().endswith("_IN_PROGRESS"), UPDATE_SECONDS)
        assert self.status() == "UPDATE_COMPLETE", self.tells()
        self.make_routes()

    def _uploaded(self, template: Mapping[str, Any]) -> str:
        """Where a template is, for a request takes 51,200 bytes at most."""
        storage, bucket, key = self.emulator.client("s3"), f"{self.stack}-templates", "template.json"
        storage.create_bucket(Bucket=bucket)
        storage.put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
        return f"https://s3.amazonaws.com/{bucket}/{key}"

    def make_routes(self) -> None:
        """Routes, integrations, authorizers and CORS of the API as its OpenAPI Body has them, which the emulator leaves
        unread."""
        gateway, functions = self.emulator.client("apigatewayv2"), self.emulator.client("lambda")
        api, body = self.physical("Api"), self._body()
        routes = {each["RouteKey"]: each for each in gateway.get_routes(ApiId=api)["Items"]}
        wanted = {route.key: route for route in _routes(body)}
        authorizers = self._authorizers(gateway, api, body)
        for route in routes.keys() - wanted.keys():
            gateway.delete_route(ApiId=api, RouteId=routes[route]["RouteId"])
        for key, route in wanted.items():
            integration, named = route.integration, self.physical(route.function)
            function = functions.get_function(FunctionName=named)["Configuration"]["FunctionArn"]
            made = gateway.create_integration(
                ApiId=api,
                IntegrationType=integration["type"].upper(),
                IntegrationMethod=integration["httpMethod"],
                PayloadFormatVersion=integration["payloadFormatVersion"],
                IntegrationUri=function,
            )
            leads: dict[str, Any] = {"Target": f"integrations/{made['IntegrationId']}"}
            if route.authorizer:
                leads |= {"AuthorizationType": "JWT", "AuthorizerId": authorizers[route.authorizer]}
                leads["AuthorizationScopes"] = [self._resolved(scope) for scope in route.scopes]
            if known := routes.get(key):
                gateway.update_route(ApiId=api, RouteId=known["RouteId"], **leads)
            else:
                gateway.create_route(ApiId=api, RouteKey=key, **leads)
        cors = body["x-amazon-apigateway-cors"]
        gateway.update_api(
            ApiId=api,
            CorsConfiguration={
                "AllowOrigins": self._parameter("AllowedOrigins").split(","),
                "AllowMethods": cors["allowMethods"],
                "AllowHeaders": cors["allowHeaders"],
                "ExposeHeaders": cors["exposeHeaders"],
                "MaxAge": int(cors["maxAge"]),
            },
        )

    def _authorizers(self, gateway: Any, api: str, body: dict[str, Any]) -> dict[str, str]:
        """The ids of the API's authorizers by name; those that are not there are made."""
        found = {each["Name"]: each["AuthorizerId"] for each in gateway.get_authorizers(ApiId=api)["Items"]}
        for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
            declared = scheme["x-amazon-apigateway-authorizer"]
            if name not in found:
                made = gateway.create_authorizer(
                    ApiId=api,
                    Name=name,
                    AuthorizerType=declared["type"].upper(),
                    IdentitySource=[declared["identitySource"]],
                    JwtConfiguration={
                        "Issuer": self._resolved(declared["jwtConfiguration"]["issuer"]),
                        "Audience": [self._resolved(each) for each in declared["jwtConfiguration"]["audience"]],
                    },
                )
                found[name] = made["AuthorizerId"]
        return found

    def _resolved(self, value: Any) -> str:
        """What the template says by its parameters, where there is a provider and no pool is made."""
        if isinstance(value, dict) and "Fn::If" in value:
            value = value["Fn::If"][2]
        return self._parameter(value["Ref"]) if isinstance(value, dict) else str(value)

    def reserve_concurrency(self) -> None:
        """The webhook's concurrency, which the emulator's CloudFormation leaves unread; updates keep it."""
        self.emulator.client("lambda").put_function_concurrency(
            FunctionName=self.physical("StripeWebhook"),
            ReservedConcurrentExecutions=int(self._parameter("WebhookConcurrency")),
        )

    def hasten(self) -> None:
        """Lets the schedule run every minute, the least there is, instead of every five."""
        events = self.emulator.client("events")
        rule = self.physical("ReconcileSchedule")
        events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)", State="ENABLED")

    def tells(self) -> str:
        """For whoever looks for a failure's cause: the stack's latest events and each function's latest lines."""
        return "\n".join(["Events of the stack, the latest first:", *self._events(), *self._logs()])

    def complaints(self) -> list[str]:
        """Every line in which a function says that something went wrong, whoever mended it afterwards."""
        return [line for _, lines in self._lines(self._forgotten) for line in lines if _COMPLAINT.search(line)]

    def forgets_complaints(self) -> None:
        """What was said until now is no complaint any more."""
        self._forgotten = time.time()

    def _events(self) -> Iterator[str]:
        for each in self._cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"][:_EVENTS]:
            reason = each.get("ResourceStatusReason", "")
            yield f"  {each['LogicalResourceId']} {each['ResourceStatus']} {reason}"

    def _logs(self) -> Iterator[str]:
        for name, lines in self._lines():
            yield f"Latest lines of {name}:"
            yield from (f"  {line[:500]}" for line in lines[-_LINES:])

    def _lines(self, since: float = 0) -> Iterator[tuple[str, list[str]]]:
        """Each function's log group, and what is in it, in seconds of the epoch since when."""
        logs = self.emulator.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{self.stack}/")["logGroups"]
        for name in (group["logGroupName"] for group in groups):
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name, startTime=int(since * 1000))
            yield name, [line["message"].rstrip() for page in pages for line in page["events"]]

    def _parameter(self, name: str) -> str:
        (found,) = (each for each in self._parameters() if each["ParameterKey"] == name)
        return str(found["ParameterValue"])

    def _parameters(self) -> list[dict[str, str]]:
        return list(self._described()["Parameters"])

    def _described(self) -> dict[str, Any]:
        (found,) = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return dict(found)

    def _body(self) -> dict[str, Any]:
        found = self._cloudformation.get_template(StackName=self.stack, TemplateStage="Processed")["TemplateBody"]
        template = json.loads(found) if isinstance(found, str) else found
        return dict(template["Resources"]["Api"]["Properties"]["Body"])


@dataclass(frozen=True)
class _Route:
    """A route of the API: to which function, and by whose leave."""

    key: str
    function: str
    integration: dict[str, Any]
    authorizer: str | None
    scopes: tuple[Any, ...]


def _routes(body: dict[str, Any]) -> Iterator[_Route]:
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            integration = operation["x-amazon-apigateway-integration"]
            named = _FUNCTION.search(json.dumps(integration["uri"]))
            assert named, integration["uri"]
            [(authorizer, scopes)] = [*operation.get("security", [{}])[0].items()] or [(None, ())]
            yield _Route(f"{method.upper()} {path}", named[1], integration, authorizer, tuple(scopes))
