"""What waits in the queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.resources import client

if TYPE_CHECKING:
    from local.template import Template

_DEPTHS = {
    "visible": "ApproximateNumberOfMessages",
    "inFlight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


class Queues:
    """The template's queues in the local AWS."""

    def __init__(self, template: Template, aws: str) -> None:
        self._queues = template.queues
        self._fed = {event.queue_arn for each in template.functions.values() for event in each.queue_events}
        self._sqs = client("sqs", aws)

    def depths(self) -> list[dict[str, Any]]:
        """How many messages wait in each queue, are being processed, or are delayed.

        What feeds no function is for dead letters: a person must look.
        """
        shown = []
        for id_, queue in self._queues.items():
            names: Any = list(_DEPTHS.values())
            answer = self._sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
            numbers: dict[Any, str] = dict(answer.get("Attributes", {}))
            depths = {depth: int(numbers.get(name, 0)) for depth, name in _DEPTHS.items()}
            shown.append({"name": id_, "deadLetters": queue.arn not in self._fed, **depths})
        return shown
