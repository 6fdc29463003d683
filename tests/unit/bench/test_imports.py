"""Python's account of imports."""

from bench.imports import Import, by_package, dearest, imports_in, least

ACCOUNT = """\
import time: self [us] | cumulative | imported package
import time:       150 |        150 |   stripe._util
import time:      1000 |       1150 | stripe
a line of something else
import time: first request
import time:       300 |        300 | decimal
"""


def test_an_account_is_read_with_what_came_late() -> None:
    assert imports_in(ACCOUNT) == [
        Import("stripe._util", 0.15, 0.15, late=False),
        Import("stripe", 1.0, 1.15, late=False),
        Import("decimal", 0.3, 0.3, late=True),
    ]


def test_the_dearest_come_first_by_their_own_cost() -> None:
    assert [each.module for each in dearest(imports_in(ACCOUNT), 2)] == ["stripe", "decimal"]


def test_packages_are_sums_of_their_modules() -> None:
    assert by_package(imports_in(ACCOUNT)) == {"stripe": 1.15, "decimal": 0.3}


def test_of_several_accounts_the_least_disturbed_counts() -> None:
    accounts = [[Import("stripe", 3.0, 9.0, late=False)], [Import("stripe", 1.0, 11.0, late=False)]]
    assert least(accounts) == [Import("stripe", 1.0, 9.0, late=False)]
