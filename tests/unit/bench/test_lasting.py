"""What `python -m bench.lasting` judges by."""

import os
import time
from pathlib import Path

import pytest

from bench.lasting import Payment, Spell, grown
from bench.processes import AWS, STACK, Usage, usage


def spell(*whole: float, processor: float = 1.0) -> Spell:
    payments = [Payment(ordered=seconds / 4, paid=seconds / 4, mailed=seconds / 2) for seconds in whole]
    return Spell(payments, Usage({}, {AWS: 5.0}), Usage({}, {AWS: 5.0 + processor * len(whole)}))


def test_what_costs_the_same_has_not_grown() -> None:
    assert grown(spell(1.0, 2.0, 9.0), spell(2.2, 1.0, 3.0, processor=1.1)) == []


def test_a_payment_that_takes_longer_is_told() -> None:
    assert grown(spell(1.0, 2.0, 9.0), spell(2.4, 1.0, 3.3)) == [
        "the time of a payment has grown to 1.20 times what it was."
    ]


def test_a_payment_that_keeps_processors_busy_longer_is_told() -> None:
    assert grown(spell(1.0), spell(1.0, 1.0, processor=1.2)) == [
        "its processor time has grown to 1.20 times what it was."
    ]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Processor time is read from Linux's /proc.")
def test_this_process_is_seen_with_what_it_holds_and_does() -> None:
    before = usage()
    held = bytearray(os.urandom(1_000_000) * 40)
    began = time.process_time()
    while time.process_time() < began + 0.1:
        pass
    after = usage()

    assert after.megabytes[STACK] > before.megabytes[STACK] + 20
    assert after.seconds[STACK] > before.seconds[STACK] + 0.05
    del held
