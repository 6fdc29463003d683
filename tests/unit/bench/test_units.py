"""DynamoDB's arithmetic, by the examples of its documentation and by hand."""

import pytest

from bench.units import of_transaction, size_of


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ab"}}, 4),
        ({"pk": {"S": "ü"}}, 4),
        ({"n": {"N": "27"}}, 3),
        ({"n": {"N": "-27"}}, 3),
        ({"n": {"BOOL": True}}, 2),
        ({"l": {"L": []}}, 4),
        ({"m": {"M": {"a": {"S": "bc"}}}}, 1 + 3 + 1 + 1 + 2),
    ],
)
def test_an_items_size_is_that_of_its_names_and_values(item: dict[str, dict[str, object]], size: int) -> None:
    assert size_of(item) == size


def test_each_item_of_a_transaction_is_rounded_up_by_itself_and_counts_twice() -> None:
    small, large = {"pk": {"S": "a"}}, {"pk": {"S": "a" * 1023}}
    assert of_transaction({"TransactItems": [{"Put": {"Item": small}}] * 3}) == 6
    assert of_transaction({"TransactItems": [{"Put": {"Item": large}}, {"Delete": {"Key": small}}]}) == 6
