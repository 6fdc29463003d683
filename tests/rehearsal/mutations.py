"""`python -m tests.rehearsal.mutations [PYTEST'S ARGUMENTS]`: mistakes in the template, each deployed, and a story red.

No part of `make rehearse`: what it shows changes with the emulator and the stories alone, and it takes longer.
"""

from __future__ import annotations

import inspect
import os
import sys
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal import test_cards, test_deploying, test_desk, test_paying, test_trouble
from tests.rehearsal.__main__ import LIMIT_SECONDS, main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.customer import Customer
    from tests.rehearsal.deployment import Deployment
    from tests.rehearsal.shop import DeployedShop

type Resources = dict[str, Any]

_DUE = {"Fn::Sub": "${Table.Arn}/index/due"}


@dataclass(frozen=True)
class Mutation:
    """A mistake, made in the deployed template's resources, and the story that finds it."""

    name: str
    make: Callable[[Resources], None]
    story: Callable[..., None]


# The stories


def paying(customer: Customer, shop: DeployedShop) -> None:
    test_paying.test_a_payment_is_confirmed_on_the_page_and_by_three_mails(customer, shop)
    test_paying.test_on_the_way_no_function_said_that_anything_failed(shop)


def healing(shop: DeployedShop) -> None:
    shop.reconcile()
    test_paying.test_on_the_way_no_function_said_that_anything_failed(shop)


expiring = test_trouble.test_a_checkout_that_runs_out_is_expired
asking = test_trouble.test_who_asks_is_told_what_webhooks_lost
garbage = test_trouble.test_garbage_in_the_mail_queue_ends_among_the_dead_letters
giving_back = test_desk.test_an_admin_signs_in_and_gives_a_part_back
with_a_card = test_cards.test_a_card_is_saved_pays_once_more_and_is_removed
signed_in = test_desk.test_who_signed_in_has_a_list_of_their_own
deploying = test_deploying.test_anybody_may_call_the_webhook

# The mistakes


def lacks(role: str, action: str) -> Callable[[Resources], None]:
    """A role without one of its actions."""

    def make(resources: Resources) -> None:
        policy = resources[role]["Properties"]["Policies"][0]["PolicyDocument"]
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            statement["Action"] = [each for each in actions if each != action]
        policy["Statement"] = [each for each in policy["Statement"] if each["Action"]]

    return make


def misspells(function: str, variable: str) -> Callable[[Resources], None]:
    def make(resources: Resources) -> None:
        variables = _variables(resources, function)
        variables[variable[:-1]] = variables.pop(variable)

    return make


def publishes_elsewhere(resources: Resources) -> None:
    _variables(resources, "StripeWebhook")["MAIL_QUEUE_URL"] = {"Ref": "ScheduleDeadLetterQueue"}


def is_fed_by_another_queue(resources: Resources) -> None:
    event = resources["SendEmail"]["Properties"]["Events"]["Mail"]["Properties"]
    event["Queue"] = {"Fn::GetAtt": ["MailDeadLetterQueue", "Arn"]}


def buries_elsewhere(resources: Resources) -> None:
    policy = resources["MailQueue"]["Properties"]["RedrivePolicy"]
    policy["deadLetterTargetArn"] = {"Fn::GetAtt": ["ScheduleDeadLetterQueue", "Arn"]}


def reads_another_index(resources: Resources) -> None:
    for statement in resources["ReconcileRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        if statement["Action"] == "dynamodb:Query" and _DUE in statement["Resource"]:
            statement["Resource"] = {"Fn::Sub": "${Table.Arn}/index/attention"}


def is_open_to_nobody(resources: Resources) -> None:
    """SAM writes the two permissions for AuthType NONE alone."""
    resources["StripeWebhook"]["Properties"]["FunctionUrlConfig"]["AuthType"] = "AWS_IAM"


MUTATIONS = (
    Mutation("create_session may not write", lacks("CreateSessionRole", "dynamodb:PutItem"), expiring),
    Mutation("create_intent may not write", lacks("CreateIntentRole", "dynamodb:PutItem"), with_a_card),
    Mutation("payment_methods may not write", lacks("PaymentMethodsRole", "dynamodb:PutItem"), with_a_card),
    Mutation("get_status may not read", lacks("GetStatusRole", "dynamodb:GetItem"), expiring),
    Mutation("tend_payment may not write", lacks("TendPaymentRole", "dynamodb:UpdateItem"), asking),
    Mutation("list_products may not read", lacks("ListProductsRole", "dynamodb:Query"), paying),
    Mutation("stripe_webhook may not write", lacks("StripeWebhookRole", "dynamodb:PutItem"), paying),
    Mutation(
        "stripe_webhook may not read a secret", lacks("StripeWebhookRole", "secretsmanager:GetSecretValue"), paying
    ),
    Mutation("stripe_webhook may not publish", lacks("StripeWebhookRole", "sqs:SendMessageBatch"), paying),
    Mutation("send_email may not claim", lacks("SendEmailRole", "dynamodb:UpdateItem"), paying),
    Mutation("send_email may not send", lacks("SendEmailRole", "ses:SendEmail"), paying),
    Mutation("reconcile may not read the index", lacks("ReconcileRole", "dynamodb:Query"), healing),
    Mutation("reconcile may read another index", reads_another_index, healing),
    Mutation("my_payments may not read the index", lacks("MyPaymentsRole", "dynamodb:Query"), signed_in),
    Mutation("admin_read may not read the index", lacks("AdminReadRole", "dynamodb:Query"), giving_back),
    Mutation("admin_act may not write", lacks("AdminActRole", "dynamodb:PutItem"), giving_back),
    Mutation("stripe_webhook publishes to another queue", publishes_elsewhere, paying),
    Mutation("send_email is fed by another queue", is_fed_by_another_queue, paying),
    Mutation("garbage goes to another queue", buries_elsewhere, garbage),
    Mutation("stripe_webhook has a variable misspelt", misspells("StripeWebhook", "STRIPE_WEBHOOK_SECRET"), paying),
    Mutation("send_email has a variable misspelt", misspells("SendEmail", "MAIL_FROM"), paying),
    Mutation("nobody may call the webhook", is_open_to_nobody, deploying),
)


def _variables(resources: Resources, function: str) -> dict[str, Any]:
    variables: dict[str, Any] = resources[function]["Properties"]["Environment"]["Variables"]
    return variables


# Each told once


@pytest.fixture
def deploys(shop: DeployedShop, deployment: Deployment) -> Iterator[Callable[[Mutation], None]]:
    """Deploys a mistake into a tidy stack; afterwards what was right comes back."""
    right = deployment.template()
    shop.tidies()

    def deployed(mutation: Mutation) -> None:
        mistaken = deepcopy(right)
        mutation.make(mistaken["Resources"])
        assert mistaken != right, "this mistake changes nothing"
        # Each function starts anew, and knows nothing from before the mistake.
        mistaken["Globals"]["Function"]["Environment"]["Variables"]["MISTAKE"] = mutation.name
        deployment.update(mistaken)

    yield deployed
    if deployment.template() == right:
        return
    deployment.update(right)
    shop.opens()
    shop.tidies()


def _tell(story: Callable[..., None], request: pytest.FixtureRequest) -> None:
    story(**{name: request.getfixturevalue(name) for name in inspect.signature(story).parameters})


@pytest.mark.parametrize("story", list(dict.fromkeys(each.story for each in MUTATIONS)), ids=lambda each: each.__name__)
def test_without_a_mistake_the_story_is_green(story: Callable[..., None], request: pytest.FixtureRequest) -> None:
    _tell(story, request)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name)
def test_the_story_is_red(
    mutation: Mutation,
    deploys: Callable[[Mutation], None],
    request: pytest.FixtureRequest,
    figures: list[str],
) -> None:
    deploys(mutation)

    try:
        _tell(mutation.story, request)
    except Exception as found:
        figures.append(f"{mutation.name}: {mutation.story.__name__}: {str(found).splitlines()[0][:120]}")
    else:
        pytest.fail(f"{mutation.story.__name__} is green although {mutation.name}")


if __name__ == "__main__":
    # Most stories are red because something does not come; they are green first with the same patience.
    os.environ.setdefault("REHEARSAL_PATIENCE", "90")
    sys.exit(main([*(sys.argv[1:] or ["--verbose"]), __file__], 4 * LIMIT_SECONDS))
