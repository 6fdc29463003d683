"""Creates the template's tables, queues, secrets and sender identity in the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from local.template import REGION, Queue, Table, Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient

# The credentials of everyone here: moto takes any, but it wants some.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
)


@overload
def client(service: Literal["dynamodb"], endpoint: str) -> DynamoDBClient: ...
@overload
def client(service: Literal["secretsmanager"], endpoint: str) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sqs"], endpoint: str) -> SQSClient: ...
@overload
def client(service: Literal["ses"], endpoint: str) -> Any: ...  # its types are not among our packages
def client(service: str, endpoint: str) -> object:
    """A boto3 client of the local AWS at `endpoint`, untouched by this machine's own AWS configuration."""
    session = boto3.session.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    config = Config(proxies={}, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


def create_resources(
    template: Template, endpoint: str, secret_values: Mapping[str, str], dynamodb_endpoint: str | None = None
) -> None:
    """Creates what the template declares. `secret_values` replaces secrets' values, by logical id."""
    secrets = client("secretsmanager", endpoint)
    for id_, secret in template.secrets.items():
        secrets.create_secret(Name=secret.name, SecretString=secret_values.get(id_, secret.value))
    sqs = client("sqs", endpoint)
    # A queue's dead-letter queue must exist before it.
    for queue in sorted(template.queues.values(), key=lambda queue: queue.redrives_to is not None):
        _create_queue(sqs, queue)
    dynamodb = client("dynamodb", dynamodb_endpoint or endpoint)
    for table in template.tables.values():
        _create_table(dynamodb, table)
    ses = client("ses", endpoint)
    if sender := template.parameters.get("MailFrom"):
        ses.verify_email_identity(EmailAddress=sender)


def _create_queue(sqs: SQSClient, queue: Queue) -> None:
    created = sqs.create_queue(QueueName=queue.name, Attributes=dict(queue.attributes))  # type: ignore[arg-type]
    if created["QueueUrl"] != queue.url:
        raise AssertionError(f"the queue {queue.name} is at {created['QueueUrl']}, not at {queue.url}")


def _create_table(dynamodb: DynamoDBClient, table: Table) -> None:
    properties = {key: table.properties[key] for key in _TABLE_PROPERTIES if key in table.properties}
    if "StreamSpecification" in properties:
        properties["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    dynamodb.create_table(TableName=table.name, **properties)
    if time_to_live := table.properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=time_to_live)
