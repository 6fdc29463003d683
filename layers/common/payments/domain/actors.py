"""Who brings news of a payment: it decides what counts as told to us, and what the audit trail says."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`told` where Stripe came to us with the news, by a webhook or in its answer to a request that changes something:
    what only a look found is *missed*. `event` is for the audit trail, its id and its type; `by` names a person.

    `sees_all` where the news are what Stripe holds now: an event may be late, and tell of what is long over.
    """

    told: bool
    sees_all: bool
    event: tuple[str, str] | None = None
    by: str | None = None


ANSWER = Actor(told=True, sees_all=True)
LOOK = Actor(told=False, sees_all=True)


def webhook(event_id: str, event_type: str) -> Actor:
    return Actor(told=True, sees_all=False, event=(event_id, event_type))


def admin(event_id: str, act: str, by: str, *, told: bool = False) -> Actor:
    """A person's act; `told` where what it brings is Stripe's answer to a request that changes something."""
    return Actor(told=told, sees_all=True, event=(event_id, act), by=by)


def act_id(act: str, by: str, about: str) -> str:
    """By which the audit trail has a person's act: a repetition is the same one, and another person's is another."""
    return f"adm_{act}_{about}_{hashlib.sha256(by.encode()).hexdigest()[:12]}"
