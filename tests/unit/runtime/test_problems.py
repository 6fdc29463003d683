"""Every error has its place in the one table, and tells callers only what is theirs."""

from collections.abc import Iterator

import pytest

from payments.domain import errors, refund_errors
from payments.domain.errors import FieldError, PaymentsError, ValidationFailed
from payments.runtime.problems import PROBLEMS, problem


def subclasses(base: type[PaymentsError]) -> Iterator[type[PaymentsError]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


def test_no_error_is_missing_from_the_table() -> None:
    ours = {each for each in subclasses(PaymentsError) if each.__module__ in (errors.__name__, refund_errors.__name__)}
    assert set(PROBLEMS) == ours
    codes = [each.code for each in ours]
    assert len(codes) == len(set(codes))


def test_an_error_is_told_with_its_fields() -> None:
    status, _, body = problem(ValidationFailed(FieldError("amount", "Too little.")), "request-1")
    assert status == 422
    assert body == {
        "type": "urn:quittance:problem:validation_failed",
        "title": "Some fields cannot be accepted",
        "status": 422,
        "code": "validation_failed",
        "detail": "amount: Too little.",
        "errors": [{"field": "amount", "detail": "Too little."}],
        "requestId": "request-1",
    }


def test_what_an_error_has_beside_its_sentence_is_told_with_it() -> None:
    error = errors.InvalidBody("Too much.")
    error.members = {"refundable": 4900}
    assert problem(error, "r")[2]["refundable"] == 4900


def test_an_error_of_a_subclass_is_told_as_its_base() -> None:
    class Special(errors.InvalidBody):
        pass

    assert problem(Special("x"), "r")[0] == 400


@pytest.mark.parametrize("error", [RuntimeError("the secret sk_live_1"), errors.NotConfigured("the secret sk_live_1")])
def test_what_is_wrong_on_our_side_is_not_told(error: Exception) -> None:
    status, _, body = problem(error, "request-1")
    assert (status, body["code"]) == (500, "internal_error")
    assert "sk_live_1" not in str(body)


@pytest.mark.parametrize("error", [errors.StripeUnavailable("x"), errors.TryAgain("x")])
def test_what_passes_says_when_to_come_again(error: PaymentsError) -> None:
    status, headers, _ = problem(error, "r")
    assert status == 503
    assert int(headers["retry-after"]) > 0


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    status, headers, _ = problem(errors.RateLimited(17), "r")
    assert (status, headers) == (429, {"retry-after": "17"})
