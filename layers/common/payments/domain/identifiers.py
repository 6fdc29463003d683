"""What payments and orders are called by."""

import re
import secrets
import time

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISTAKEN = str.maketrans("OIL", "011")
PAYMENT_ID = re.compile(r"pay_[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
ORDER_NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", re.ASCII)


def new_payment_id() -> str:
    """`pay_` and a ULID: 48 bits of time, then 80 random bits, for the id is the right to read the status."""
    number = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return "pay_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_payment_id(text: object) -> bool:
    return isinstance(text, str) and PAYMENT_ID.fullmatch(text) is not None


def order_number(text: str) -> str | None:
    """The number as it is kept, whatever somebody took for a 0 or a 1; None if it cannot be one."""
    number = text.upper().translate(_MISTAKEN)
    return number if ORDER_NUMBER.fullmatch(number) else None


def new_order_number() -> str:
    """Such as `7K3M-9XQ2`: to be read aloud, and to say nothing of how many orders there are. Another order may have
    it."""
    drawn = "".join(secrets.choice(_CROCKFORD) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"
