"""The commands of docs/deploying.md and docs/operating.md: a story types each, or it is listed here with why not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.rehearsal.workshop import Done, Workshop

DOCS = Path(__file__).parents[2] / "docs"
DEPLOYING, OPERATING = "deploying.md", "operating.md"

# What cannot be typed here. A command, or a line of one.
NOT_TYPED = {
    "aws configure": "the rehearsal makes its own credentials",
    "aws sso login": "the rehearsal makes its own credentials",
    "python3 -m http.server 8000 --bind localhost --directory frontend": "it serves until it is interrupted, on a port "
    "that others use; the same folder is served on a free one",
    'aws sqs start-message-move-task --source-arn "$ARN"': "the emulator's queues do not know it",
    'aws dynamodb restore-table-from-backup --target-table-name "$TABLE" --backup-arn '
    "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/backup/BACKUP": "the emulator keeps no deleted table",
    "aws dynamodb query --output json": "the beginning of a command that its reader completes",
    "make admin EMAIL=grace@example.com": "the emulator has no managed login, so there is no pool of ours",
    'aws cognito-idp admin-remove-user-from-group --user-pool-id "$(of UserPool)" --username grace@example.com '
    "--group-name admin": "as above",
    "make run": "it is the system on one machine",
    "make test": "it comes before the rehearsal",
}

_FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED_OTHERS = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    ((?:aws|make|python3|read) .*)$", re.MULTILINE)
_INLINE = re.compile(r"`((?:aws|make) [^`]+)`")
_STAGE = re.compile(r" STAGE=\w+")
_COMMENT = re.compile(r" +# .*$")
_PAYMENT = re.compile(r"pay_[0-9A-Z]{26}")


def commands(document: str) -> list[str]:
    """What a document has one type: blocks of shell, indented lines, and what a sentence names; of any stage."""
    text = (DOCS / document).read_text(encoding="utf-8")
    beside = _FENCED_OTHERS.sub("", text)
    found = [*(block.strip() for block in _FENCED.findall(text)), *_INDENTED.findall(beside), *_INLINE.findall(beside)]
    return list(dict.fromkeys(_STAGE.sub("", _COMMENT.sub("", each)) for each in found))


class Reader:
    """Somebody who types a document's commands into a shell, for the stage that is deployed."""

    def __init__(self, workshop: Workshop, stack: str) -> None:
        self._workshop = workshop
        self._beginning = commands(OPERATING)[0].replace("STACK=quittance\n", f"STACK={stack}\n")
        self.typed = {commands(OPERATING)[0]}

    def types(self, document: str, beginning: str, *, answers: str = "", payment: str = "", **replaced: str) -> Done:
        """The one command of a document that begins so, with the values of this place in it.

        `replaced` are the document's placeholders in capital letters, `answers` is what is typed when it asks.
        """
        found = [each for each in commands(document) if each.startswith(beginning)]
        command = beginning if beginning in found else found[0]
        assert command == beginning or len(found) == 1, f"{document} has {found} for {beginning}"
        self.typed.add(command)
        script = "\n".join(line for line in command.splitlines() if line not in NOT_TYPED)
        script = _PAYMENT.sub(payment, script) if payment else script
        for placeholder, value in replaced.items():
            script = script.replace(placeholder, value)
        if document == OPERATING:
            script = f"{self._beginning}\n{script}"
        return self._workshop.types(script, answers)
