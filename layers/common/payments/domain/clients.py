"""Who asks, as far as it takes to count what one client asks for: a keyed hash, by which nobody is found again.

Nobody without the deployment's key can say which address or user a hash is of, however few addresses there are.
"""

import hashlib
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

# Of an IPv6 address, that is the connection: the rest its owner may choose anew with each request.
# https://www.rfc-editor.org/rfc/rfc6177
CONNECTION_BITS = 64


def client_of(user: str | None, address: str | None, key: bytes) -> str | None:
    """The client that asks: the user where one is signed in, else the connection; None where neither is known.

    `key` has at most 64 bytes; with another key it is another client.
    """
    if user is not None:
        return _hash(f"user {user}", key)
    return _hash(f"address {_connection(address)}", key) if address else None


def _connection(address: str) -> str:
    """An IPv4 address, also where it comes as IPv6, or an IPv6 network; anything else as it is."""
    try:
        return str(IPv4Address(address))
    except AddressValueError:
        pass
    try:
        known = IPv6Address(address)
    except AddressValueError:
        return address
    return str(known.ipv4_mapped or IPv6Network((int(known), CONNECTION_BITS), strict=False))


def _hash(who: str, key: bytes) -> str:
    return hashlib.blake2b(who.encode(errors="replace"), key=key, digest_size=16).hexdigest()
