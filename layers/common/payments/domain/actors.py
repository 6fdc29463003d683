"""Who brings news of a payment: it decides what counts as told to us, and what the audit trail says."""

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


def admin(act_id: str, act: str, by: str) -> Actor:
    """A person's decision; `act_id` begins with `adm_`, and is the same for a repetition of the same act."""
    return Actor(told=False, sees_all=True, event=(act_id, act), by=by)
