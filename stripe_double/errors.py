"""Stripe's error shapes (https://docs.stripe.com/api/errors), one constructor per situation."""

from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """An answer that is an error: HTTP status, Stripe's type, code, param and whatever else Stripe tells.

    `keeps`: what was done before stays, as an attempt to pay does that failed; else the call leaves nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",  # noqa: A002 - Stripe's own name
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
        keeps: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.keeps = keeps
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.headers = headers or {}
        self.more = more

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON that Stripe would answer."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = DOCS + self.code.replace("_", "-")
        if self.param:
            error["param"] = self.param
        error.update(self.more)
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


class InvalidParameters(StripeError):
    """The parameters were refused before anything was done, so Stripe stores nothing under the idempotency key."""


class CardError(StripeError):
    """The issuer said no (402). Carries decline_code, the intent and the method as Stripe does."""

    def __init__(self, message: str, *, code: str, **more: Any) -> None:
        super().__init__(message, status=402, type="card_error", code=code, **more)


def missing_parameter(path: str) -> InvalidParameters:
    return InvalidParameters(f"Missing required param: {path}.", code="parameter_missing", param=path)


def unknown_parameters(paths: list[str]) -> InvalidParameters:
    plural = "s" if len(paths) > 1 else ""
    return InvalidParameters(
        f"Received unknown parameter{plural}: {', '.join(paths)}", code="parameter_unknown", param=paths[0]
    )


def exclusive(*names: str) -> InvalidParameters:
    """The refusal of parameters that exclude one another."""
    return InvalidParameters(
        f"You may only specify one of these parameters: {', '.join(names)}.",
        code="parameters_exclusive",
        param=names[-1],
    )


def not_in_the_double(path: str) -> InvalidParameters:
    """Stripe knows this parameter; the double does not, and says so instead of ignoring it."""
    return InvalidParameters(f"The Stripe double does not implement the parameter `{path}`.", param=path)


def no_longer_supported(raw: object, path: str) -> Any:
    """The reader of `payment_method_types`, which Stripe removed as a parameter with 2026-09-30.endive."""
    raise InvalidParameters(
        "The payment_method_types parameter is no longer supported in this API version. Use "
        "allowed_payment_method_types, or manage payment methods from the Dashboard.",
        code="payment_method_types_no_longer_supported",
        param=path.partition("[")[0],
    )


def no_such(noun: str, identifier: str, *, param: str, status: int = 404) -> StripeError:
    return StripeError(f"No such {noun}: '{identifier}'", status=status, code="resource_missing", param=param)


def unexpected_state(message: str, code: str, **more: Any) -> StripeError:
    return StripeError(message, code=code, **more)


def unrecognized_url(method: str, path: str) -> StripeError:
    return StripeError(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )


def no_key() -> StripeError:
    return StripeError(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using "
        "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
        "https://stripe.com/docs/api#authentication for details.",
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="Stripe"'},
    )


def wrong_key(key: str) -> StripeError:
    shown = key[:8] + "*" * max(len(key) - 12, 4) + key[-4:] if len(key) > 12 else "*" * len(key)
    return StripeError(
        f"Invalid API Key provided: {shown}",
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="Stripe"'},
    )


def wrong_version(version: str, pinned: str) -> StripeError:
    return StripeError(f"Invalid Stripe API version: {version}. The Stripe double speaks {pinned} only.", status=400)


def server_error() -> StripeError:
    return StripeError(
        "An unknown error occurred.",
        status=500,
        type="api_error",
        headers={"Stripe-Should-Retry": "false"},
    )


def rate_limit() -> StripeError:
    return StripeError(
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )
