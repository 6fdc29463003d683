"""template.yaml holds together, and with the code."""

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.config import Config

import payments.runtime.composition
import tools.template
from local.declarations import JwtAuthorizer
from local.issuer.tokens import LIFETIME_SECONDS
from local.template import Template, TemplateError
from payments.adapters import secrets
from payments.adapters.aws import PAUSE_SECONDS, attempt_seconds
from payments.adapters.mail import SesMailer
from payments.adapters.queue import MailQueue
from payments.adapters.stripe.client import RETRIES, TIMEOUT_SECONDS
from payments.adapters.table.table import Table
from payments.runtime.invocation import ANSWERING_SECONDS
from payments.services.mailing import LEASE
from payments.services.reconciliation import LEASE_LENGTH, RUN_TIME
from tools.template import expanded, expanded_as_deployed, lint

ROOT = Path(__file__).parents[2]
TEMPLATE = Template(ROOT / "template.yaml")

# What Lambda gives every function, and what a library reads by itself.
NOT_READ_BY_US = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_every_variable_a_function_reads_is_set_and_every_one_set_is_read(function: str) -> None:
    handler = ast.parse((TEMPLATE.functions[function].code_uri / "handler.py").read_text())
    composition = ast.parse(inspect.getsource(payments.runtime.composition))
    parts = {part.name: part for part in composition.body if isinstance(part, ast.FunctionDef)}
    called = {name for name, _ in calls(handler)}
    read = variables(handler) | {name for part in called & set(parts) for name in variables(parts[part])}
    assert read == set(TEMPLATE.functions[function].environment) - NOT_READ_BY_US


def variables(code: ast.AST) -> set[str]:
    """The environment variables that settings are read from."""
    settings = {"setting", "setting_if_any", "listed", "flag", "number", "seconds", "minutes", "days", "time_zone"}
    return {
        argument.value
        for name, call in calls(code)
        if name in settings
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def calls(code: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def test_every_route_of_people_who_sign_in_has_authorizer_and_scope_and_no_other_has() -> None:
    [api] = TEMPLATE.http_apis.values()
    asked = {
        route.key: (route.authorizer, route.scopes)
        for route in api.routes
        if route.path is None or route.path.startswith(("/me", "/admin"))
    }
    assert asked
    assert set(asked.values()) == {("SignedIn", ("openid",))}
    assert set(api.authorizers) == {"SignedIn"}
    assert {route.key for route in api.routes if route.authorizer} == set(asked)


def test_an_authorizer_that_cannot_be_made_stops_the_deployment() -> None:
    assert TEMPLATE.document["Resources"]["Api"]["Properties"]["FailOnWarnings"] is True


ANOTHER_PROVIDER = {"OidcIssuer": "https://login.shop.example/realm", "OidcAudience": "shop-api"}


def test_without_a_provider_of_ones_own_the_api_takes_tokens_of_the_pool_that_the_stack_makes() -> None:
    cases: list[tuple[dict[str, str], str, str]] = [
        ({}, "https://cognito-idp.us-east-1.amazonaws.com/quittance-local-UserPool", "quittance-local-UserPoolClient"),
        (ANOTHER_PROVIDER, ANOTHER_PROVIDER["OidcIssuer"], ANOTHER_PROVIDER["OidcAudience"]),
    ]
    for parameters, issuer, audience in cases:
        template = Template(TEMPLATE.path, parameters)
        [api] = template.http_apis.values()
        assert api.authorizers == {"SignedIn": JwtAuthorizer(issuer, (audience,))}
        assert template.output("SignInIssuer") == issuer


def cognito(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The pool and what belongs to it, by type."""
    return {
        each["Type"].removeprefix("AWS::Cognito::"): each
        for each in resources.values()
        if each["Type"].startswith("AWS::Cognito::")
    }


def test_the_pool_is_made_only_where_no_provider_is_named_and_outlives_the_stack(resources: dict[str, Any]) -> None:
    found = cognito(resources)
    assert set(found) == {"UserPool", "UserPoolClient", "UserPoolDomain", "ManagedLoginBranding", "UserPoolGroup"}
    assert {each["Condition"] for each in found.values()} == {"MakesUserPool"}
    assert [TEMPLATE.resolve({"Condition": "MakesUserPool"})] == [True]
    assert Template(TEMPLATE.path, ANOTHER_PROVIDER).resolve({"Condition": "MakesUserPool"}) is False
    pool = found["UserPool"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert pool["Properties"]["DeletionProtection"] == {"Fn::If": ["InProduction", "ACTIVE", "INACTIVE"]}
    # The next stack of this name wants its own.
    assert "DeletionPolicy" not in found["UserPoolDomain"]


def test_customers_make_their_accounts_themselves_with_an_address_that_is_verified(resources: dict[str, Any]) -> None:
    pool = cognito(resources)["UserPool"]["Properties"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["AutoVerifiedAttributes"] == ["email"]
    # Whoever changes the address proves that the new one is theirs as well.
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}


def test_managed_login_has_all_that_it_needs(resources: dict[str, Any]) -> None:
    found = {name: TEMPLATE.resolve(each["Properties"]) for name, each in cognito(resources).items()}
    assert found["UserPool"]["UserPoolTier"] == "ESSENTIALS"
    assert found["UserPoolDomain"]["ManagedLoginVersion"] == 2
    assert re.fullmatch(r"quittance-[a-z0-9-]+", found["UserPoolDomain"]["Domain"])
    assert found["ManagedLoginBranding"]["ClientId"] == TEMPLATE.output("SignInClientId")
    assert found["UserPoolGroup"]["GroupName"] == "admin"
    assert TEMPLATE.output("SignInUrl").startswith(f"https://{found['UserPoolDomain']['Domain']}.auth.")


def test_the_pages_are_a_client_without_a_secret_that_comes_back_to_account_and_desk_of_each_origin() -> None:
    template = Template(TEMPLATE.path, {"AllowedOrigins": "https://shop.example,http://localhost:8000"})
    client = template.resolve(template.document["Resources"]["UserPoolClient"]["Properties"])
    origins = ("https://shop.example", "http://localhost:8000")
    pages = [f"{origin}/{page}" for page in ("account.html", "admin/index.html") for origin in origins]
    assert (client["CallbackURLs"], client["LogoutURLs"]) == (pages, pages)
    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (False, ["code"])
    # How long a removed admin stays one: docs/security.md, and the local issuer has the same.
    assert (client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]) == (15, "minutes")
    assert client["AccessTokenValidity"] * 60 == LIFETIME_SECONDS


@pytest.mark.parametrize(("name", "value"), [("AdminClaim", "groups"), ("OidcScope", "profile")])
def test_the_pool_takes_no_names_of_another_provider(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=f"{name} is for another OidcIssuer"):
        Template(TEMPLATE.path, {name: value})
    Template(TEMPLATE.path, ANOTHER_PROVIDER | {name: value})


def test_every_folder_of_functions_is_deployed_and_the_other_way_round() -> None:
    folders = {path.parent.resolve() for path in (ROOT / "functions").glob("*/handler.py")}
    assert {function.code_uri.resolve() for function in TEMPLATE.functions.values()} == folders


def test_stripes_time_fits_into_the_functions_and_theirs_into_the_api() -> None:
    stripes = (1 + RETRIES) * TIMEOUT_SECONDS
    for name in ("CreateSession", "TendPayment", "AdminAct", "StripeWebhook"):
        assert stripes < TEMPLATE.functions[name].timeout < 29


@pytest.fixture
def aws_configs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Config]:
    """How each of AWS's services is waited for."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    table, queue, mailer = Table("t"), MailQueue("https://q.example"), SesMailer("pay@shop.example", "The Shop")
    clients: list[Any] = [table._client, queue._client, mailer._client, secrets._client.__wrapped__()]
    return {client.meta.service_model.service_name: client.meta.config for client in clients}


def test_any_call_to_aws_with_all_its_attempts_fits_into_any_function(aws_configs: dict[str, Config]) -> None:
    shortest = min(function.timeout for function in TEMPLATE.functions.values())
    assert set(aws_configs) == {"dynamodb", "sqs", "sesv2", "secretsmanager"}
    for service, config in aws_configs.items():
        attempts = config.retries["total_max_attempts"]  # type: ignore[attr-defined]
        # The longest pause is the one before a second attempt; the one before a third is twice as long.
        assert attempts <= 2, service
        longest = attempts * attempt_seconds(config) + (attempts - 1) * PAUSE_SECONDS
        assert longest <= shortest - ANSWERING_SECONDS, service


def test_a_mail_is_begun_only_if_there_is_time_to_send_it_and_to_record_it(aws_configs: dict[str, Config]) -> None:
    function = TEMPLATE.functions["SendEmail"]
    source = (function.code_uri / "handler.py").read_text()
    begun_with = int(re.findall(r"^MILLISECONDS_FOR_ONE = (\d+_\d+)$", source, re.MULTILINE)[0]) / 1000
    # To claim it and to read its payment a table that is well takes far less than one attempt's time.
    asking, sending = attempt_seconds(aws_configs["dynamodb"]), attempt_seconds(aws_configs["sesv2"])
    assert asking + sending + asking + ANSWERING_SECONDS <= begun_with < function.timeout / 1.5


def test_the_mailers_times_fit_into_each_other() -> None:
    timeout = TEMPLATE.functions["SendEmail"].timeout
    (visibility,) = (
        int(str(queue.attributes["VisibilityTimeout"])) for queue in TEMPLATE.queues.values() if queue.redrives_to
    )
    assert timeout < LEASE.total_seconds() < visibility
    assert visibility >= 6 * timeout


def test_a_run_of_reconcile_ends_before_its_lease_and_the_lease_before_the_next_run() -> None:
    reconcile = TEMPLATE.functions["Reconcile"]
    (every,) = reconcile.schedules
    # Looking at one payment, begun in the last moment, asks for a session, its charges, their refunds and disputes.
    assert RUN_TIME.total_seconds() + 4 * (1 + RETRIES) * TIMEOUT_SECONDS < reconcile.timeout
    assert reconcile.timeout < LEASE_LENGTH.total_seconds() < every


def test_the_webhook_is_open_to_stripe_and_the_api_only_to_the_pages(resources: dict[str, Any]) -> None:
    urls = [each for each in resources.values() if each["Type"] == "AWS::Lambda::Url"]
    assert [url["Properties"]["AuthType"] for url in urls] == ["NONE"]
    permitted = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Lambda::Permission"]
    assert {each["Action"] for each in permitted if each["Principal"] == "*"} == {
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeFunction",
    }


def test_the_table_keeps_what_it_must(resources: dict[str, Any]) -> None:
    (table,) = (each for each in resources.values() if each["Type"] == "AWS::DynamoDB::Table")
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = table["Properties"]
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["SSESpecification"]["SSEEnabled"] is True
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["InProduction", True, False]}


def test_an_index_that_may_be_deployed_stays_as_it_is() -> None:
    """AWS changes no key and no projection of an index, and adds one index with an update: written out, on purpose."""
    (table,) = TEMPLATE.tables.values()
    types = {each["AttributeName"]: each["AttributeType"] for each in table.properties["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str, str]]:
        return [(each["AttributeName"], types[each["AttributeName"]], each["KeyType"]) for each in schema]

    listed = ["status", "amount", "currency", "received", "returned", "paid_at", "sku", "number", "dispute"]
    assert keys(table.properties["KeySchema"]) == [("pk", "S", "HASH"), ("sk", "S", "RANGE")]
    assert {
        index["IndexName"]: (keys(index["KeySchema"]), index["Projection"])
        for index in table.properties["GlobalSecondaryIndexes"]
    } == {
        "due": ([("due_shard", "S", "HASH"), ("due_at", "N", "RANGE")], {"ProjectionType": "KEYS_ONLY"}),
        "attention": (
            [("attention", "S", "HASH"), ("attention_at", "S", "RANGE")],
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status", "why", "since", "deadline"]},
        ),
        "by_day": (
            [("day", "S", "HASH"), ("created_at", "S", "RANGE")],
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": listed},
        ),
        "by_user": (
            [("user", "S", "HASH"), ("created_at", "S", "RANGE")],
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": listed},
        ),
        "by_email": ([("email", "S", "HASH"), ("created_at", "S", "RANGE")], {"ProjectionType": "KEYS_ONLY"}),
    }


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_a_function_its_role_and_its_logs_stand_together_and_fit_a_screen(function: str) -> None:
    _, _, rest = TEMPLATE.path.read_text().partition(f"\n  {function}:\n")
    lines = rest.partition("\n\n")[0].splitlines()
    assert [line for line in lines if re.match(r"  \w", line)] == [f"  {function}Role:", f"  {function}Logs:"]
    # A route that asks for a token takes two lines.
    assert len(lines) < 60


def test_nothing_in_the_template_is_an_anchor_which_cloudformation_does_not_take() -> None:
    anchors = [getattr(event, "anchor", None) for event in yaml.parse((ROOT / "template.yaml").read_text())]
    assert [anchor for anchor in anchors if anchor] == []


def mistaken(folder: Path, mistakes: dict[str, str]) -> Path:
    """The template with these mistakes."""
    text = (ROOT / "template.yaml").read_text()
    for right, wrong in mistakes.items():
        assert right in text
        text = text.replace(right, wrong)
    broken = folder / "template.yaml"
    broken.write_text(text)
    return broken


def test_the_check_finds_mistakes_that_sam_validate_misses(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mistakes = {
        "[ReportBatchItemFailures]": "[ReportBatchItemFailurez]",
        "Runtime: python3.13": "Runtime: python9.9",
        "Queue: !GetAtt MailQueue.Arn": "Queue: !GetAtt MaleQueue.Arn",
    }
    assert lint(expanded(mistaken(tmp_path, mistakes))) != 0
    found = capfd.readouterr().out
    assert [each for each in ("ReportBatchItemFailurez", "python9.9", "MaleQueue") if each not in found] == []


def test_the_check_finds_what_cannot_be_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = mistaken(tmp_path, {"AuthType: NONE": "AuthType: NOPE"})
    monkeypatch.setattr(tools.template, "expanded_as_deployed", lambda _: expanded(broken))
    assert tools.template.main() == 1
    assert "AuthType" in capsys.readouterr().err


def test_what_the_check_expands_with_is_what_deploys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools.template, "version", lambda _: "1.0.0")
    assert tools.template.main() == 1
    assert "has aws-sam-translator 1.0.0, and what deploys has 1." in capsys.readouterr().err
    with pytest.raises(ValueError, match="run `make check`"):
        expanded_as_deployed(ROOT / "template.yaml")

    shown = subprocess.run(["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "\n.venv-sam/bin/python -m tools.template\n" in shown
    assert "\n.venv-sam/bin/python -m tools.policy " in shown


def test_locks_carry_hashes_and_no_addresses() -> None:
    locks = [*(ROOT / "requirements").glob("*.txt"), *ROOT.glob("layers/*/requirements.txt")]
    assert len(locks) == 8
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9._-]+(?:\[[a-z0-9,-]+\])?==", text, re.MULTILINE)
        assert len(pinned) == text.count("==") > 0
        assert text.count("--hash=sha256:") >= len(pinned)
