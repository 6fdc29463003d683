"""What is done once a stack is deployed: Stripe's key and webhook endpoint, and the catalogue."""

import json
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
import stripe
from botocore.client import BaseClient
from stripe.params import WebhookEndpointCreateParams

from payments.adapters.stripe.client import API_VERSION
from payments.adapters.stripe.objects import read_object
from payments.adapters.table.table import Table
from payments.domain.catalogue import Product
from stripe_double import StripeDouble
from tests.integration.system import ROOT, local_aws
from tools import deployment, offer, preflight, stripe_setup, webhook_endpoint

STACK = "quittance-staging"
WEBHOOK = "https://hook.lambda-url.eu-central-1.on.aws/"
SECRETS = {"StripeApiKeySecret": "stripe-api-key", "StripeWebhookSecretName": "stripe-webhook-secret"}

# Objects that we read tell nothing new in these: nothing has been tried yet, another event says the same, or our
# checkouts never come to it.
TELL_NOTHING_NEW = {
    "payment_intent.created",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "payment_intent.partially_funded",
    "charge.captured",
    "charge.expired",
    "charge.refund.updated",
}


@pytest.fixture(scope="module")
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def account(double: StripeDouble) -> Iterator[None]:
    """An AWS account with a stack that has just been deployed."""
    resources = {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            },
        }
    }
    values = {
        "TableName": {"Ref": "Table"},
        "WebhookUrl": WEBHOOK,
        **SECRETS,
    }
    parameters = {"StripeLivemode": "false", "StripeApiBase": double.url}
    template = {
        "Parameters": {name: {"Type": "String", "Default": value} for name, value in parameters.items()},
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in values.items()},
    }
    with local_aws():
        boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        for name in SECRETS.values():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString="replace-me")
        yield


@pytest.fixture
def endpoints(double: StripeDouble) -> Iterator[Any]:
    """Stripe's side, with no endpoint of ours; the secrets are placeholders."""
    for name in SECRETS.values():
        boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString="replace-me")
    service = stripe.StripeClient(double.api_key, base_addresses={"api": double.url}).v1.webhook_endpoints
    yield service
    for each in service.list().data:
        service.delete(each.id)


def secret(output: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=SECRETS[output])["SecretString"])


def set_up(*answers: str) -> int:
    given = iter(answers)
    return stripe_setup.main(["--stage", "staging"], ask=lambda question: next(given))


def ours(endpoints: Any) -> list[Any]:
    return [each for each in endpoints.list().data if each.url == WEBHOOK]


# Stripe


def test_key_and_endpoint_are_set_up_in_one_go(
    double: StripeDouble, endpoints: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set_up(double.api_key) == 0

    (endpoint,) = ours(endpoints)
    assert endpoint.enabled_events == list(webhook_endpoint.EVENTS)
    assert endpoint.api_version == API_VERSION
    assert secret("StripeApiKeySecret") == double.api_key
    signing = secret("StripeWebhookSecretName")
    assert signing.startswith("whsec_")
    said = "".join(capsys.readouterr())
    assert endpoint.id in said
    assert signing not in said
    assert double.api_key not in said


def test_a_second_time_changes_nothing_and_says_so(
    double: StripeDouble, endpoints: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(double.api_key)
    assert "as before" not in capsys.readouterr().out
    (before,), signing = ours(endpoints), secret("StripeWebhookSecretName")

    assert set_up("") == 0

    assert capsys.readouterr().out == (
        f"The webhook endpoint {before.id} sends our events to {WEBHOOK}, as before: nothing was to be changed there.\n"
    )

    assert ours(endpoints) == [before]
    assert secret("StripeApiKeySecret") == double.api_key
    assert secret("StripeWebhookSecretName") == signing


def test_an_endpoint_made_by_hand_is_kept_and_its_signing_secret_asked_for(
    double: StripeDouble, endpoints: Any
) -> None:
    by_hand = {"url": WEBHOOK, "api_version": API_VERSION, "enabled_events": ["charge.succeeded"]}
    endpoints.create(by_hand)

    assert set_up(double.api_key, "whsec_byHand") == 0

    (endpoint,) = ours(endpoints)
    assert endpoint.enabled_events == list(webhook_endpoint.EVENTS)
    assert secret("StripeWebhookSecretName") == "whsec_byHand"


def test_a_restricted_key_leaves_the_endpoint_to_a_person_and_asks_for_its_secret(
    double: StripeDouble, endpoints: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        # The double knows no restricted keys.
        raise stripe.PermissionError

    monkeypatch.setattr(stripe_setup.StripeSetup, "_endpoint", refuse)

    assert set_up("rk_test_restricted", "whsec_byHand") == 0

    said = capsys.readouterr().out
    assert WEBHOOK in said
    assert API_VERSION in said
    assert all(event in said for event in webhook_endpoint.EVENTS)
    assert secret("StripeApiKeySecret") == "rk_test_restricted"
    assert secret("StripeWebhookSecretName") == "whsec_byHand"


def test_another_restricted_key_leaves_the_signing_secret_that_is_there(
    double: StripeDouble, endpoints: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise stripe.PermissionError

    monkeypatch.setattr(stripe_setup.StripeSetup, "_endpoint", refuse)
    assert set_up("rk_test_first", "whsec_byHand") == 0
    assert set_up("rk_test_second", "") == 0
    assert secret("StripeApiKeySecret") == "rk_test_second"
    assert secret("StripeWebhookSecretName") == "whsec_byHand"


def test_while_one_endpoint_takes_anothers_place_by_hand_both_secrets_are_kept(
    double: StripeDouble, endpoints: Any
) -> None:
    endpoints.create({"url": WEBHOOK, "api_version": API_VERSION, "enabled_events": ["charge.succeeded"]})

    assert set_up(double.api_key, "whsec_new  whsec_before") == 0
    assert json.loads(secret("StripeWebhookSecretName")) == ["whsec_new", "whsec_before"]


def test_whoever_stops_it_is_told_that_it_can_go_on(
    double: StripeDouble, endpoints: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: str) -> str:
        raise KeyboardInterrupt

    assert stripe_setup.main(["--stage", "staging"], ask=stop) == 130
    assert "run this again and it goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            ["sk_live_1"],
            "takes test payments (StripeLivemode in samconfig.toml): its key begins with sk_test_ or rk_test_",
        ),
        (["pk_test_1"], "is the publishable key, which is not needed"),
        ([""], "There is no API key yet"),
        (["sk_test_unheardOf"], "Stripe does not know this API key"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_in_a_sentence(
    endpoints: Any, capsys: pytest.CaptureFixture[str], answers: Sequence[str], sentence: str
) -> None:
    assert set_up(*answers) == 1

    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert ours(endpoints) == []


def test_a_key_that_stripe_does_not_know_does_not_replace_one_that_works(double: StripeDouble, endpoints: Any) -> None:
    set_up(double.api_key)

    assert set_up("sk_test_mistyped") == 1

    assert secret("StripeApiKeySecret") == double.api_key


# Which events


def test_the_endpoint_gets_every_event_that_teaches_something() -> None:
    # As the library spells out what an endpoint may be sent.
    (listed,) = typing.get_args(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    at_stripe = set(typing.get_args(listed))
    kinds = {"charge.dispute": "dispute", "charge.refund": "refund"}
    read = {
        event for event in at_stripe if (family := event.rpartition(".")[0]) and _is_read(kinds.get(family, family))
    }

    assert set(webhook_endpoint.EVENTS) <= at_stripe
    assert set(webhook_endpoint.EVENTS) | TELL_NOTHING_NEW == read


def test_the_document_lists_the_same_events_and_version() -> None:
    document = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    listed = re.search(r"```events\n(.*?)```", document, re.DOTALL)

    assert listed
    assert tuple(listed[1].split()) == webhook_endpoint.EVENTS
    assert API_VERSION in document


def _is_read(kind: str) -> bool:
    """Whether payments have a part in this kind of Stripe's objects."""
    body = {"object": kind, "id": "x_1", "currency": "usd", "amount": 1, "amount_total": 1, "amount_received": 1}
    return read_object(body) is not None


# The catalogue


def test_the_catalogue_is_put_into_the_table_and_again_without_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalogue.yaml"

    def put(*skus: str, amount: int = 9900, options: Sequence[str] = ()) -> list[str]:
        products = [{"sku": sku, "name": "A thing", "currency": "usd", "amount": amount} for sku in skus]
        file.write_text(json.dumps({"products": products}))
        assert offer.main([str(file), "--stage", "staging", *options]) == 0
        return [line.strip() for line in capsys.readouterr().out.splitlines()[1:]]

    assert put("a", "b") == ["added     a: A thing, 99.00 USD", "added     b: A thing, 99.00 USD"]
    assert put("a", "b") == ["unchanged a: A thing, 99.00 USD", "unchanged b: A thing, 99.00 USD"]
    assert put("a", "b", amount=500)[0] == "changed   a: A thing, 5.00 USD (was: A thing, 99.00 USD)"
    left, kept, note = put("b", amount=500)
    assert (left, kept) == ("unchanged b: A thing, 5.00 USD", "kept      a: A thing, 5.00 USD; not in the file")
    assert "can still be bought" in note
    assert put("b", amount=500, options=["--remove"])[1] == "removed   a: A thing, 5.00 USD"
    assert put("b", amount=500) == ["unchanged b: A thing, 5.00 USD"]


def test_terms_are_put_with_the_catalogue_and_again_without_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalogue.yaml"

    def put(flat: int, *, ships: bool = True) -> list[str]:
        mug = {"sku": "a-mug", "name": "A mug", "currency": "usd", "amount": 1800}
        terms = {"shipping": {"US": {"usd": {"flat": flat}}}}
        file.write_text(json.dumps({"products": [mug | ({"ships": True} if ships else {})], "terms": terms}))
        assert offer.main([str(file), "--stage", "staging"]) == 0
        told = [line.strip() for line in capsys.readouterr().out.splitlines()]
        return [line for line in told if "mug" in line or "terms" in line]

    assert put(490) == ["changed   terms of shipping and tax", "added     a-mug: A mug, 18.00 USD, ships"]
    assert put(490) == ["unchanged a-mug: A mug, 18.00 USD, ships"]
    assert put(590)[0] == "changed   terms of shipping and tax"
    assert put(590, ships=False) == ["changed   a-mug: A mug, 18.00 USD (was: A mug, 18.00 USD, ships)"]
    assert put(590, ships=False) == ["unchanged a-mug: A mug, 18.00 USD"]


def test_a_catalogue_that_was_interrupted_or_is_put_by_two_at_once_is_whole_after_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalogue.yaml"
    products = [{"sku": sku, "name": "A thing", "currency": "usd", "amount": 100} for sku in ("cut-1", "cut-2")]
    file.write_text(json.dumps({"products": products}))
    put = Table.put_product

    def once(instead: Callable[[], object]) -> None:
        """At the second product, but only at the first time."""

        def put_or_not(table: Table, product: Product) -> None:
            if product.sku == "cut-2":
                monkeypatch.setattr(Table, "put_product", put)
                instead()
            put(table, product)

        monkeypatch.setattr(Table, "put_product", put_or_not)

    def interrupt() -> None:
        raise KeyboardInterrupt

    once(interrupt)
    assert offer.main([str(file), "--stage", "staging"]) == 130
    said = capsys.readouterr()
    assert "added     cut-1" in said.out
    assert "run this again and it goes on" in said.err

    once(lambda: offer.main([str(file), "--stage", "staging"]))
    assert offer.main([str(file), "--stage", "staging"]) == 0
    capsys.readouterr()
    offer.main([str(file), "--stage", "staging"])
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines() if "cut-" in line] == [
        ["unchanged", "cut-1:"],
        ["unchanged", "cut-2:"],
    ]


def test_a_broken_catalogue_puts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text("products: [{sku: new, name: N, currency: usd, amount: 100}, {sku: broken}]")

    assert offer.main([str(file), "--stage", "staging"]) == 1

    assert "line 1, broken: name must be" in capsys.readouterr().err
    file.write_text("products: [{sku: other, name: N, currency: usd, amount: 100}]")
    offer.main([str(file), "--stage", "staging"])
    assert "new" not in capsys.readouterr().out


# Which stack


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("CREATE_IN_PROGRESS", "is being changed just now"),
        ("ROLLBACK_COMPLETE", "could not be made"),
        ("REVIEW_IN_PROGRESS", "`make deploy` makes it"),
    ],
)
def test_a_stack_that_is_not_made_yet_is_said_so(monkeypatch: pytest.MonkeyPatch, status: str, sentence: str) -> None:
    answer = {"Stacks": [{"StackName": "quittance", "StackStatus": status}]}
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *_: answer)
    with pytest.raises(deployment.DeploymentError, match=sentence):
        deployment.deployment("production")


def test_a_stage_or_stack_that_is_not_there_is_said_so() -> None:
    with pytest.raises(deployment.DeploymentError, match="no stage elsewhere, but staging, production"):
        deployment.deployment("elsewhere")
    with pytest.raises(deployment.DeploymentError, match="no stack quittance in us-east-1; `make deploy` makes it"):
        deployment.deployment("production")


def test_a_misspelt_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert preflight.main(["produktion"]) == 1
    assert capsys.readouterr().err == "samconfig.toml has no stage produktion, but staging, production.\n"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("[odd.deploy.parameters]\n", "names no stack for odd"),
        ("odd = 1\n", "has no stage odd"),
        ("", "has no stage odd"),
        ("[odd", "samconfig.toml cannot be read"),
    ],
)
def test_a_stage_without_a_stack_is_refused_too(tmp_path: Path, written: str, sentence: str) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(written)
    with pytest.raises(deployment.DeploymentError, match=sentence):
        deployment.deployment("odd", samconfig)


def test_a_table_that_is_not_there_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert offer.main(["--table", "nowhere"]) == 1

    assert "AWS refused Query: ResourceNotFoundException" in capsys.readouterr().err
