"""One client is told from another, and nobody is found by what is kept of them."""

import pytest

from payments.domain.clients import client_of

KEY = b"a key of the deployment"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002:0:0:0:9"),
        ("203.0.113.7", "::ffff:203.0.113.7"),
        ("203.0.113.7", "::FFFF:cb00:7107"),
    ],
)
def test_addresses_of_one_connection_are_one_client(one: str, other: str) -> None:
    assert client_of(None, one, KEY) == client_of(None, other, KEY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.7", "203.0.113.8"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8"),
        ("not an address", "nor this"),
    ],
)
def test_addresses_of_two_connections_are_two_clients(one: str, other: str) -> None:
    assert client_of(None, one, KEY) != client_of(None, other, KEY)


def test_a_user_is_the_same_client_wherever_they_are() -> None:
    assert client_of("ada-1", "203.0.113.7", KEY) == client_of("ada-1", "198.51.100.1", KEY)
    assert client_of("ada-1", "203.0.113.7", KEY) != client_of("grace-1", "203.0.113.7", KEY)


def test_a_user_who_is_called_like_an_address_is_not_whoever_has_it() -> None:
    assert client_of("203.0.113.7", None, KEY) != client_of(None, "203.0.113.7", KEY)


@pytest.mark.parametrize("address", [None, ""])
def test_who_comes_from_nowhere_is_nobody(address: str | None) -> None:
    assert client_of(None, address, KEY) is None


def test_the_hash_tells_nothing_to_whoever_has_not_the_key() -> None:
    kept = client_of(None, "203.0.113.7", KEY)
    assert kept is not None
    assert kept != client_of(None, "203.0.113.7", b"another key")


def test_any_text_can_be_hashed() -> None:
    assert client_of("\ud800", None, KEY)
    assert client_of(None, "fe80::1%eth0", KEY)
