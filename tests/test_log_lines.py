"""At the end of the run: what was logged in it."""

from pathlib import Path

import pytest

from tests.log_lines import LINES, LogLines, structured


def test_no_log_line_of_the_run_carries_a_person_or_a_secret(
    tmp_path_factory: pytest.TempPathFactory, figures: list[str]
) -> None:
    for line in structured(tmp_path_factory.getbasetemp().rglob("*.log")):
        LINES.look_at(line)
    figures.append(f"Log lines: {LINES.seen}, of which {len(LINES.offending)} say too much.")
    assert LINES.offending == []


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "sent to ada@example.com"}',
        '{"fields": ["ada%40example.com"]}',
        '{"customer": "Ada Lovelace"}',
        '{"key": "sk_test_abc"}',
        '{"clientSecret": "pi_1_secret_abc"}',
        '{"customerSessionClientSecret": "cuss_secret_abc"}',
        '{"header": "t=1,v1=0123456789abcdef0123"}',
        '{"url": "https://checkout.stripe.com/c/pay/cs_test_1"}',
        '{"card": "4242 4242 4242 4242"}',
    ],
)
def test_a_line_that_says_too_much_is_found(line: str) -> None:
    lines = LogLines()
    lines.look_at(line)
    assert len(lines.offending) == 1


def test_a_device_in_place_of_a_log_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "aws.log").symlink_to("/dev/full")
    (tmp_path / "desk.log").write_text('{"service": "get_status", "level": "INFO"}\nnot of a function\n')
    assert len(list(structured(sorted(tmp_path.rglob("*.log"))))) == 1


def test_ids_and_codes_may_be_logged() -> None:
    lines = LogLines()
    lines.look_at(
        '{"payment_id": "pay_01", "event_id": "evt_1", "charge": "ch_1", "reference": "CardError status=402"}'
    )
    # What a stack has of the code that reads one.
    lines.look_at('{"exception": "text = _client().get_secret_value(SecretId=self._name)"}')
    assert lines.offending == []
