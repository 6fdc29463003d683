"""The release after this one, this package with more in it, and the one before, with less, each loaded beside it.

The next one knows a kind of fact, a state, two notices, a detail of a fact, an attribute and a derived attribute that this
release does not. It is made by writing into a copy of the package, so it is always the code as it stands, and more.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).parents[2] / "layers" / "common" / "payments"

# What is written into which module, in the place of what.
# ruff: noqa: E501 - what is written is one line where it is
_ADDITIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "domain/facts.py": (
        ('    PENDING = "pending"\n    SUCCEEDED = "succeeded"\n    CANCELED',
         '    PENDING = "pending"\n    IN_TRANSIT = "in_transit"\n    SUCCEEDED = "succeeded"\n    CANCELED'),
        ("class ApprovalState(StrEnum):",
         'class EnquiryState(StrEnum):\n    OPEN = "open"\n    ANSWERED = "answered"\n\n\nclass ApprovalState(StrEnum):'),
        ("    receipt_url: str | None = None\n", "    receipt_url: str | None = None\n    brand: str | None = None\n"),
        ("FACT_TYPES: Mapping",
         '@dataclass(frozen=True, kw_only=True)\nclass Enquiry(Fact):\n    kind: ClassVar[str] = "enquiry"\n'
         "    state: EnquiryState\n\n\nFACT_TYPES: Mapping"),
        ("        Asking,\n        Session,", "        Enquiry,\n        Asking,\n        Session,"),
    ),
    "domain/notices.py": (
        ('    REVIEW_ALERT = "review_alert"\n',
         '    REVIEW_ALERT = "review_alert"\n    THANKS = "thanks"\n    ENQUIRY_ALERT = "enquiry_alert"\n'),
    ),
    "domain/releases.py": (
        ("LEVEL = 2", "LEVEL = 3"),
        ("CAME_WITH: Mapping[str, int] = {",
         'CAME_WITH: Mapping[str, int] = {"enquiry": 3, "refund:in_transit": 3, "notice:thanks": 3,'
         ' "notice:enquiry_alert": 3, '),
        ("frozenset[str] = frozenset({", 'frozenset[str] = frozenset({"thanks", "enquiry_alert", '),
    ),
    "domain/learning.py": (
        ("def _notices(payment: Payment) -> Iterator[Notice]:\n",
         "def _notices(payment: Payment) -> Iterator[Notice]:\n"
         "    if payment.is_accepted:\n        yield Notice(NoticeKind.THANKS)\n"
         '    for fact in payment.facts.values():\n        if fact.kind == "enquiry":\n'
         "            yield Notice(NoticeKind.ENQUIRY_ALERT, fact.ref)\n"),
    ),
    "domain/balance.py": (
        ("(RefundState.PENDING, RefundState", "(RefundState.PENDING, RefundState.IN_TRANSIT, RefundState"),
    ),
    "domain/views.py": (('        "final": payment.status.final,\n        "received"',
                         '        "final": payment.status.final,\n        "weight": len(payment.facts),\n        "received"'),),
    "adapters/table/payment_items.py": (
        ('_STANDING = (', '_STANDING = ("weight", '),
        ('            "id": payment.id,\n            "amount"', '            "id": payment.id,\n            "colour": "blue",\n            "amount"'),
    ),
    "adapters/stripe/objects.py": (
        ("import (\n    Attempt,", "import (\n    Enquiry,\n    EnquiryState,\n    Attempt,"),
        ('        receipt_url=_web_address(body, "receipt_url"),\n',
         '        receipt_url=_web_address(body, "receipt_url"),\n        brand=_text(body, "brand"),\n'),
        ("_READERS: Mapping",
         "def _read_enquiry(body: Object) -> Lesson:\n"
         '    return _found_by_charge(body, Enquiry(ref=_own_id(body), state=EnquiryState(body["status"])))\n\n\n'
         "_READERS: Mapping"),
        ('    "refund": _read_refund,', '    "enquiry": _read_enquiry,\n    "refund": _read_refund,'),
    ),
    "services/letters/__init__.py": (
        ("    NoticeKind.REVIEW_ALERT:",
         "    NoticeKind.THANKS: admin.notification,\n    NoticeKind.ENQUIRY_ALERT: admin.notification,\n"
         "    NoticeKind.REVIEW_ALERT:"),
    ),
}  # fmt: skip

# The release before knows nothing of refund requests.
_WITHOUT: Mapping[str, tuple[tuple[str, str], ...]] = {
    "domain/facts.py": (("        RefundRequest,\n", ""),),
    "domain/releases.py": (
        ("LEVEL = 2", "LEVEL = 1"),
        ("CAME_WITH: Mapping[str, int] = {", "CAME_WITH: Mapping[str, int] = {} and {"),
    ),
}

# The release before knows nothing of clients.
_WITHOUT_CLIENTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "adapters/table/payment_items.py": (
        ('    "client",\n', ""),
        ('                "client": payment.client,\n', ""),
        ('        client=plain.get("client"),\n', ""),
    ),
}


class Release:
    """One version of the code; `module` gives a module of it."""

    def __init__(self, name: str, modules: Mapping[str, ModuleType]) -> None:
        self.name = name
        self._modules = modules

    def __repr__(self) -> str:
        return self.name

    def module(self, name: str) -> ModuleType:
        return self._modules[f"payments.{name}"]

    def issuer(self, store: Any, clock: Callable[[], datetime]) -> Any:
        """Who issues invoices by this version's code."""
        seller = self.module("domain.documents").Seller("Shop", ("1 High Street",))
        return self.module("services.issuing").Issuer(store, seller, UTC, clock)


_NEEDED = (
    "adapters.queue",
    "adapters.stripe.objects",
    "adapters.table.table",
    "domain.events",
    "domain.learning",
    "domain.refund_errors",
    "domain.releases",
    "domain.views",
    "services.checkout",
    "services.mailing",
    "services.paying_on_page",
    "services.reconciliation",
    "services.refunding",
    "services.refreshing",
    "services.settling",
    "services.webhook",
)


def this_release() -> Release:
    for name in _NEEDED:
        import_module(f"payments.{name}")
    return Release("this release", _loaded())


def next_release(folder: Path) -> Release:
    """The release after this one, written into the folder."""
    return _changed("the next release", folder, _ADDITIONS)


def release_before(folder: Path) -> Release:
    """The release before refund requests, written into the folder."""
    return _changed("the release before", folder, _WITHOUT)


def release_before_rates(folder: Path) -> Release:
    """The release before clients were counted, written into the folder."""
    return _changed("the release before rates", folder, _WITHOUT_CLIENTS)


def _changed(name: str, folder: Path, changes: Mapping[str, tuple[tuple[str, str], ...]]) -> Release:
    shutil.copytree(PACKAGE, folder / "payments", ignore=shutil.ignore_patterns("__pycache__"))
    for path, texts in changes.items():
        source = (folder / "payments" / path).read_text()
        for before, after in texts:
            assert source.count(before) == 1, f"{path} has {source.count(before)} of {before!r}"
            source = source.replace(before, after)
        (folder / "payments" / path).write_text(source)
    with _in_place_of_this(folder):
        for module in _NEEDED:
            import_module(f"payments.{module}")
        return Release(name, _loaded())


def _loaded() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.split(".")[0] == "payments"}


@contextmanager
def _in_place_of_this(folder: Path) -> Iterator[None]:
    ours = _loaded()
    for name in ours:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(ours)
