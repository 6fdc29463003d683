"""The documents: their commands run, their tables are the code's, and what they point at is there.

In docs/api.md and docs/testing-with-the-double.md each `curl` in a `sh` block is followed by its answer, and a running
stack must give that. `$PAYMENT` and its like are the ids that the answers before named last.
"""

from __future__ import annotations

import itertools
import json
import re
import shlex
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path
from string import Template as Text
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore import xform_name
from playwright.sync_api import sync_playwright

from local.stack import Ports, Stack
from local.template import Template
from payments.domain.errors import NotConfigured, PaymentsError
from payments.domain.facts import FACT_TYPES
from payments.domain.identifiers import ORDER_NUMBER
from payments.domain.notices import NoticeKind
from payments.domain.payment import Status
from payments.runtime.observability import Metric
from payments.runtime.problems import INTERNAL_ERROR, PROBLEMS
from tests.e2e.waiting import eventually
from tools.browser import chromium
from tools.webhook_endpoint import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEMPLATE = Template(ROOT / "template.yaml")
DOCUMENTS = [path.relative_to(ROOT).as_posix() for path in sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md")})]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(
    r"^```sh\n(curl .*?)^```\n\nAnswer `(?:(204)`|(\d{3})`[^\n]*:\n\n```json\n(.*?)^```$)", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# The variables of the examples, by what their ids begin with.
_VARIABLES = {
    **{"pay": "PAYMENT", "cs": "SESSION", "ch": "CHARGE", "du": "DISPUTE", "evt": "EVENT"},
    **{"pm": "CARD", "seti": "SETUP_SECRET"},
}
_ID = re.compile(r"\b(pay|cs|pi|ch|du|evt|pm|seti|cuss)_\w+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ACCESS_KEY = re.compile(r"[\w-]{22}", re.ASCII)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path_factory.mktemp("logs"), schedule_seconds=1) as running:
        yield running


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def commands(document: str) -> list[str]:
    """The lines of a document's `sh` blocks, continued ones joined, and its indented lines that call make or aws."""
    text = text_of(document)
    blocks = [block for language, block in _BLOCK.findall(text) if language == "sh"]
    blocks += re.findall(r"^    ((?:make|aws|.*\| aws) .*)$", text, re.MULTILINE)
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without the table's own head; code marks are left out."""
    section = text_of(document).partition(f"# {heading}\n")[2].partition("\n#")[0]
    assert section, f"{document} has no heading {heading}"
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in row] for row in rows[2:]]


# The examples


def _access_token(stack: Stack) -> str:
    """Ada's, as the document says how to get it."""
    asked = urllib.request.Request(  # noqa: S310 - the stack's own
        f"{stack.issuer_url}/_control/tokens",
        json.dumps({"email": "ada@example.com"}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as response:  # noqa: S310 - the stack's own
        return str(json.load(response)["access_token"])


class Reader:
    """Someone who types a document's commands, one after the other."""

    def __init__(self, stack: Stack, *, shown_whole: bool) -> None:
        """`shown_whole`: the API's answers are shown with all that they have."""
        self.shown_whole = shown_whole
        usual = {"api": "3000", "stripe": "12111", "mailbox": "8025"}
        real = {port: urlsplit(getattr(stack, f"{name}_url")).port for name, port in usual.items()}
        self.addresses = {
            f"http://{host}:{shown}": f"http://{host}:{port}"
            for shown, port in real.items()
            for host in ("localhost", "127.0.0.1")
        }
        self.ids: dict[str, str] = {"TOKEN": _access_token(stack)}

    def types(self, command: str) -> tuple[int, Any]:
        """Status and JSON of a curl; a failure of the words themselves for what it knows no meaning of."""
        method: str | None = None
        headers: dict[str, str] = {}
        body: bytes | None = None
        urls: list[str] = []
        arguments = iter(shlex.split(Text(command).substitute(self.ids))[1:])
        for argument in arguments:
            match argument:
                case "-X":
                    method = next(arguments)
                case "-H":
                    name, _, value = next(arguments).partition(": ")
                    headers[name] = value
                case "-u":
                    headers["Authorization"] = f"Bearer {next(arguments).rstrip(':')}"
                case "-d":
                    # Several are one form, as curl has it.
                    body = b"&".join(each for each in (body, next(arguments).encode()) if each)
                case _:
                    urls.append(argument)
        (url,) = urls
        for shown, real in self.addresses.items():
            url = url.replace(shown, real)
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the stack's own
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def finds(self, command: str, status: int, answer: Any) -> None:
        """Types a command, and fails unless the answer is the one that is shown.

        Only questions are repeated: what was done may take a moment to be heard of.
        """
        is_question = " -X " not in command and " -d " not in command
        told: tuple[int, Any] = 0, None

        def is_answered() -> bool:
            nonlocal told
            told = self.types(command)
            return told[0] == status and self.agrees(
                answer, told[1], shortened=not (self.shown_whole and ":3000/" in command)
            )

        try:
            eventually(is_answered, timeout=10 if is_question else 0)
        except AssertionError:
            pytest.fail(f"{command}\nanswers {told[0]}, {json.dumps(told[1])[:2000]}")
        self.remembers(told[1])

    def remembers(self, answer: Any) -> None:
        match answer:
            case dict():
                for value in answer.values():
                    self.remembers(value)
            case list():
                for value in answer:
                    self.remembers(value)
            case str() if (found := _ID.fullmatch(answer)) and found[1] in _VARIABLES:
                self.ids[_VARIABLES[found[1]]] = answer
                if found[1] == "seti":
                    self.ids["SETUP"] = answer.partition("_secret_")[0]

    def shown(self, value: Any) -> Any:
        """A value with what differs each time made alike."""
        if not isinstance(value, str):
            return value
        for shown, real in self.addresses.items():
            value = value.replace(real, shown)
        if _ACCESS_KEY.fullmatch(value):
            return "an access key"
        if ORDER_NUMBER.fullmatch(value):
            return "an order's number"
        value = _ID.sub(r"\1_", value)
        return _UUID.sub("a UUID", _TIME.sub("a time", value))

    def agrees(self, shown: Any, real: Any, *, shortened: bool) -> bool:
        """Whether an answer is what the document shows, which may be a part of it where that is `shortened`."""
        match shown, real:
            case dict(), dict():
                alike = all(
                    key in real and self.agrees(each, real[key], shortened=shortened) for key, each in shown.items()
                )
                return alike and (shortened or shown.keys() == real.keys())
            case list(), list():
                alike = all(any(self.agrees(each, one, shortened=shortened) for one in real) for each in shown)
                return alike and (shortened or len(shown) == len(real))
        return bool(self.shown(shown) == self.shown(real)) and type(shown) is type(real)


@pytest.mark.parametrize("document", ["docs/api.md", "docs/testing-with-the-double.md"])
def test_every_example_is_answered_as_the_document_shows(stack: Stack, document: str) -> None:
    reader = Reader(stack, shown_whole=document == "docs/api.md")
    examples = _EXAMPLE.findall(text_of(document))
    assert len(examples) == text_of(document).count("```sh\ncurl "), "a command without its answer"
    for command, empty, status, answer in examples:
        reader.finds(command.replace("\\\n", " "), int(empty or status), json.loads(answer or "null"))


def test_the_javascript_of_the_api_opens_a_checkout_once_and_sees_it_paid(stack: Stack) -> None:
    blocks = [block for language, block in _BLOCK.findall(text_of("docs/api.md")) if language == "js"]
    code = "\n".join(blocks).replace("http://localhost:3000", stack.api_url)
    path = chromium()
    if path is None:
        pytest.fail("The browser tests need Chromium: 'python -m tools.browser' installs it, or says how.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(stack.site_url)
        order = {"name": "Ada Lovelace", "email": "ada@example.com", "serviceType": "consulting-hour"}
        twice = (
            f"async (order) => {{{code}; return [await openCheckout(order, 'a'), await openCheckout(order, 'a')]; }}"
        )
        first, again = page.evaluate(twice, order)
        assert first == again

        with pytest.raises(Exception, match=r"validation_failed: email: Give an email address"):
            page.evaluate(twice, order | {"email": "ada"})

        reader = Reader(stack, shown_whole=True)
        reader.types(f"curl -X POST http://localhost:12111/_control/sessions/{first['sessionId']}/pay")
        eventually(lambda: reader.types(f"curl {stack.api_url}/payments/{first['paymentId']}")[1]["final"])
        paid = page.evaluate(f"async (id) => {{{code}; return settled(id); }}", first["paymentId"])
        browser.close()
    assert (paid["status"], paid["amount"]) == ("succeeded", 9900)


# The tables


def test_the_api_document_has_every_route_status_and_error() -> None:
    functions = TEMPLATE.functions.values()
    routes = {f"{route.method} {route.path}" for function in functions for route in function.routes}
    text = text_of("docs/api.md")
    assert set(re.findall(r"^##+ ((?:GET|POST|PUT|PATCH|DELETE) \S+)$", text, re.MULTILINE)) == routes

    assert [(row[0], row[1]) for row in table("docs/api.md", "Statuses")] == [
        (status.value, "yes" if status.final else "no") for status in Status
    ]

    told = {error.code: status for error, (status, _) in PROBLEMS.items() if error is not NotConfigured}
    told[PaymentsError.code] = INTERNAL_ERROR[0]
    assert {row[0]: int(row[1]) for row in table("docs/api.md", "Errors")} == told


def test_the_events_facts_and_notices_are_the_codes() -> None:
    document = "docs/events-and-facts.md"
    assert sorted(cell for row in table(document, "Events") for cell in row[0].split(", ")) == sorted(EVENTS)
    assert {row[0]: row[1].split(" < ") for row in table(document, "Facts")} == {
        # The annotation of `state` names the kind's own states.
        kind: [state.value for state in fact.__annotations__["state"]]
        for kind, fact in FACT_TYPES.items()
    }
    assert {row[0] for row in table(document, "Notices")} == {kind.value for kind in NoticeKind}


def test_the_alarms_and_metrics_are_the_templates_and_the_codes() -> None:
    document = "docs/operating.md"
    resources = TEMPLATE.document["Resources"]
    assert isinstance(resources, dict)
    alarms = {id_ for id_, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert {row[0] for row in table(document, "Alarms")} == alarms
    assert {cell for row in table(document, "Metrics") for cell in row[0].split(", ")} == {
        each.value for each in Metric
    }
    # What the commands ask CloudFormation for is in the template.
    assert set(re.findall(r"\$\(of (\w+)\)", text_of(document))) <= resources.keys()


def test_the_list_of_documents_is_complete() -> None:
    listed = {(DOCS / link).resolve() for link in _LINK.findall(text_of("docs/README.md"))}
    there = {path.resolve() for path in DOCS.rglob("*.md") if path != DOCS / "README.md"}
    assert [path.name for path in sorted(there - listed)] == []


# Links and commands


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_points_at_is_there(document: str) -> None:
    for link in _LINK.findall(text_of(document)):
        path, _, anchor = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (ROOT / document).parent / path if path else ROOT / document
        assert target.exists(), link
        assert not anchor or anchor in {anchor_of(heading) for heading in headings(target)}, link


@pytest.mark.parametrize("document", [*DOCUMENTS, "template.yaml", "catalogue.yaml", "samconfig.toml", "Makefile"])
def test_the_code_that_a_document_names_is_there(document: str) -> None:
    text = text_of(document)
    files = set(re.findall(r"(?<![\w/.-])((?:[\w-]+/)+[\w-]+\.(?:py|js|yaml|toml|mk))\b", text))
    layer = ROOT / "layers" / "common"
    roots = (ROOT, layer, layer / "payments")
    assert [each for each in sorted(files) if not any((root / each).exists() for root in roots)] == []
    for module, names in re.findall(r"from (payments[\w.]*) import ([\w, ]+)", text):
        there = import_module(module)
        assert [name for name in names.split(", ") if not hasattr(there, name)] == []


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_a_document_are_those_that_there_are(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for line in commands(document):
        words = line.split()
        assert "make" not in words or words[words.index("make") + 1] in targets, line
        for module in re.findall(r"-m ((?:tools|local|bench)[\w.]*)", line):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), line
        check_aws(line)


def check_aws(line: str) -> None:
    """Holds a line's command of the AWS CLI against AWS's own description of the call that it makes."""
    inner = re.sub(r"^\w+=\$\((.*)\)$", r"\1", line)
    for substitution in (r"\$\([^()]*\)", r"\$\(\([^()]*\)\)"):
        inner = re.sub(substitution, "x", inner)
    _, is_there, command = re.sub(r"\baws ", "\0", inner, count=1).partition("\0")
    if not is_there:
        return
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";|<")
    lexer.whitespace_split = True
    service, name, *words = itertools.takewhile(lambda word: not set(word[:1]) & set(";|<"), lexer)
    options = {word.removeprefix("--") for word in words if word.startswith("--")} - {"query", "output", "region"}
    if service in ("s3", "configure", "sso", "login"):
        return  # commands of the CLI itself
    model = botocore.session.get_session().get_service_model(service)
    calls = {xform_name(call, "-"): call for call in model.operation_names}
    assert name in calls, command
    given = model.operation_model(calls[name]).input_shape
    members = {xform_name(member, "-"): member for member in given.members} if given else {}
    flags = {f"no-{member}" for member in members}
    assert options <= members.keys() | flags, f"{command}: {options - members.keys()}"
    missing = {member for member, own in members.items() if given and own in given.required_members} - options
    assert not missing, f"{command}: {missing}"
