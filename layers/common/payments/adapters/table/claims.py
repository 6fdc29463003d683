"""Claims of Idempotency-Keys as items."""

from collections.abc import Mapping
from typing import Any

from payments.adapters.table.codec import Item, decoded, encoded, epoch, from_epoch
from payments.adapters.table.keys import claim_key
from payments.domain.claims import Claim


def claim_item(claim: Claim) -> Item:
    expires_at = epoch(claim.expires_at)
    values = {
        "led_to": claim.led_to,
        "body_hash": claim.body_hash,
        "expires_at": expires_at,
        "delete_after": expires_at,
    }
    return claim_key(claim.key_hash) | encoded(values)


def claim_of(key_hash: str, item: Mapping[str, Any]) -> Claim:
    plain = decoded({name: item[name] for name in ("body_hash", "led_to", "expires_at")})
    return Claim(key_hash, plain["body_hash"], plain["led_to"], from_epoch(plain["expires_at"]))
