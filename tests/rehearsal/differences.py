"""`python -m tests.rehearsal.differences TEMPLATE`: where the emulator is not AWS, each one patch on a built template.

What can only be done once a stack is there is in `deployment.py`. test_differences.py has a test for each, which fails
when the emulator has learned it: then the patch goes.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

type Node = Any


def secrets_by_arn(template: Node) -> None:
    """Ref of a secret is its ARN at AWS, and its name here, which no policy's Resource is. Id is the ARN on both."""
    secrets = {id_ for id_, each in template["Resources"].items() if each["Type"] == "AWS::SecretsManager::Secret"}
    for node in _nodes(template["Resources"]):
        if node.get("Ref") in secrets:
            node["Fn::GetAtt"] = [node.pop("Ref"), "Id"]


def batches_of_messages(template: Node) -> None:
    """At AWS sqs:SendMessage allows SendMessageBatch too; here that is an action of its own."""
    for statement in _statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if "sqs:SendMessage" in actions:
            statement["Action"] = [*actions, "sqs:SendMessageBatch"]


def mail_without_resource(template: Node) -> None:
    """SES's identities, configuration sets and the condition on the sender are not known here: any resource will do."""
    for statement in _statements(template):
        if "ses:SendEmail" in statement["Action"]:
            statement["Resource"] = "*"
            statement.pop("Condition", None)


DIFFERENCES: tuple[Callable[[Node], None], ...] = (secrets_by_arn, batches_of_messages, mail_without_resource)


def patch(template: Path) -> None:
    """Writes all differences into a built template."""
    document = yaml.safe_load(template.read_text(encoding="utf-8"))
    for difference in DIFFERENCES:
        difference(document)
    template.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _nodes(node: Node) -> Iterator[dict[str, Any]]:
    """Every mapping in a template's part, itself first."""
    if isinstance(node, dict):
        yield node
    for each in list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(each)


def _statements(template: Node) -> Iterator[dict[str, Any]]:
    """What the roles allow."""
    roles = (each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role")
    for role in roles:
        for policy in role["Properties"].get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


if __name__ == "__main__":
    patch(Path(sys.argv[1]))
