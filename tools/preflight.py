"""`python -m tools.preflight STAGE`: what stands against deploying a stage, all at once and before anything is built.

Settings are held against template.yaml, and AWS is asked whose the credentials are, how the stack is, and whether mail
may be sent. What may be put right later is a note, and so is what the credentials may not ask. It runs in the
environment that deploys.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.intrinsics import TemplateError, read_document
from local.parameters import refusals
from payments.domain.addresses import usable
from payments.domain.texts import Unusable
from tools.deployment import DeploymentError, described, hindrance_of, in_words, parameters_of, session_of
from tools.stages import SAMCONFIG, StageError, overrides_of, settings_of

TEMPLATE = Path(__file__).parents[1] / "template.yaml"

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class Preflight:
    """What was found: `stops` stand against the deployment, `notes` are good to know; each is a sentence."""

    def __init__(self, stage: str, settings: Mapping[str, Any], template: Path = TEMPLATE) -> None:
        self.stops: list[str] = []
        self.notes: list[str] = []
        self.target = ""
        self._stage = stage
        self._settings = settings
        self._given = overrides_of(settings)
        self._document = read_document(template)

    def run(self) -> None:
        deployed: Mapping[str, str] = {}
        try:
            with in_words():
                session = session_of(self._settings)
                account = session.client("sts").get_caller_identity()["Account"]
                deployed = self._stack(session, account)
        except DeploymentError as error:
            self.stops.append(str(error))
        else:
            self._mail(session, {**deployed, **self._given})
        self._values(deployed)

    def _stack(self, session: boto3.Session, account: str) -> Mapping[str, str]:
        """The deployed stack's parameters; none if there is no stack, or it may not be looked at."""
        name = self._settings["stack_name"]
        self.target = f"{name} in account {account}, {session.region_name}"
        try:
            found = described(session, name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise
            self.notes.append(f"These credentials may not {error.operation_name}: how {name} is now is not known.")
            return {}
        if found is None:
            self.target += ", which is made anew"
            return {}
        if hindrance := hindrance_of(name, found["StackStatus"]):
            self.stops.append(hindrance)
        return parameters_of(found)

    def _values(self, deployed: Mapping[str, str]) -> None:
        declared = self._document["Parameters"]
        # As SAM does: what is not given stays as it is deployed.
        kept = {name: deployed[name] for name in declared if name in deployed and name not in self._given}
        values = {**kept, **self._given}
        self.stops += refusals(self._document, values)
        self.stops += _known_to_the_code_alone(values)
        self.notes += [
            f"{name} is not in {SAMCONFIG.name} and stays as it is deployed: {value}."
            for name, value in kept.items()
            if value != str(declared[name].get("Default", ""))
        ]
        if deployed:
            self._same_stack(deployed, values)

    def _same_stack(self, deployed: Mapping[str, str], values: Mapping[str, str]) -> None:
        name, stage, mode = self._settings["stack_name"], deployed.get("Stage"), deployed.get("StripeLivemode")
        if stage != values.get("Stage", stage):
            self.stops.append(
                f"The stack {name} is deployed as {stage}, and {SAMCONFIG.name} would make it {values['Stage']}; "
                "give each stage a stack_name of its own."
            )
        elif stage is None or mode is None:
            self.stops.append(
                f"The stack {name} is not Quittance's; give {self._stage} another stack_name in {SAMCONFIG.name}."
            )
        elif mode != values.get("StripeLivemode", mode):
            self.notes.append(
                f"StripeLivemode was {mode}: what Stripe tells of payments from then is refused from now on, and "
                "`make stripe` asks for a key of the other mode."
            )

    def _mail(self, session: boto3.Session, values: Mapping[str, str]) -> None:
        sender = values.get("MailFrom") or str(self._document["Parameters"]["MailFrom"]["Default"])
        ses: Any = session.client("sesv2")
        try:
            if not any(_is_verified(ses, identity) for identity in _identities(sender)):
                self.notes.append(
                    f"SES in {session.region_name} has not verified {sender} or its domain: mails wait until it has. "
                    "docs/deploying.md, Mail, says how."
                )
            if values.get("Stage") == "production" and not ses.get_account()["ProductionAccessEnabled"]:
                self.notes.append(
                    f"SES in {session.region_name} is in its sandbox: mails to addresses that it has not verified wait."
                )
        except (ClientError, BotoCoreError) as error:
            reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            self.notes.append(f"SES could not be asked whether it may send as {sender}: {reason}.")


def _identities(sender: str) -> Iterator[str]:
    """What SES may have verified for an address: itself, its domain, and each domain above."""
    yield sender
    labels = sender.rpartition("@")[2].split(".")
    for at in range(len(labels) - 1):
        yield ".".join(labels[at:])


def _is_verified(ses: Any, identity: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"))
    except ses.exceptions.NotFoundException:
        return False


def _known_to_the_code_alone(values: Mapping[str, str]) -> Iterator[str]:
    """What no pattern can say."""
    # A text may begin with http: for all that a rule knows.
    unsafe = [each.strip() for each in values.get("AllowedOrigins", "").split(",") if each.strip().startswith("http:")]
    if unsafe and values.get("Stage") == "production":
        yield f"AllowedOrigins has {', '.join(unsafe)}: production takes https:// alone."
    zone = values.get("TimeZone", "UTC")
    if zone not in available_timezones():
        yield f"TimeZone is {zone}, and there is no such time zone; it takes an IANA name such as Europe/Berlin."
    address = values.get("AdminEmail", "")
    # Which letters of the world a domain may have.
    if not address.isascii():
        try:
            usable(address)
        except Unusable as error:
            yield f"AdminEmail is {address}, to which no mail can be sent. {error}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.preflight", description=__doc__)
    parser.add_argument("stage", help=f"one of {SAMCONFIG.name}")
    stage = parser.parse_args(arguments).stage
    try:
        found = Preflight(stage, settings_of(stage))
        found.run()
    except (StageError, TemplateError) as error:
        print(error, file=sys.stderr)
        return 1
    for line in [*(f"Note: {note}" for note in found.notes), *found.stops]:
        print(line, file=sys.stderr)
    if found.stops:
        print(f"Nothing was built. The stage {stage} in {SAMCONFIG.name} has the settings.", file=sys.stderr)
        return 1
    print(f"Deploying {found.target}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
