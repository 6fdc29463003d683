"""What a catalogue may say, and the sentence for what it may not."""

from pathlib import Path

import pytest

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from tools.catalogue import CatalogueError, read

HOUR = "  - {sku: hour, name: One hour, currency: usd, amount: 9900}\n"


def catalogue(folder: Path, products: str) -> Path:
    file = folder / "catalogue.yaml"
    file.write_text(f"# for sale\nproducts:\n{products}")
    return file


def test_a_catalogue_is_read(tmp_path: Path) -> None:
    gift = "  - sku: gift\n    name: A gift\n    currency: jpy\n    min: 100\n    max: 50000\n"

    assert read(catalogue(tmp_path, HOUR + gift)) == [
        Product("hour", "One hour", FixedPrice(9900), "usd"),
        Product("gift", "A gift", OpenPrice(100, 50000), "jpy"),
    ]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("just a name", "line 4: a product has sku, name, currency, and amount or min and max."),
        ("{name: A gift}", "line 4: sku must be a text of letters, digits, dots, dashes and underscores."),
        ("{sku: 7}", "line 4: sku must be a text"),
        ("{sku: a/b}", "line 4: sku must be a text"),
        ("{sku: gift, price: 1}", "line 4, gift: there is no field price; take it out or correct its name."),
        ("{sku: gift, currency: usd}", "line 4, gift: name must be one line of at most 200 characters."),
        ('{sku: gift, name: "a\\nb"}', "line 4, gift, name: U+000A is a line break; write this on one line."),
        ('{sku: gift, name: "\\u200b\\u3000"}', "line 4, gift: name must be one line"),
        ('{sku: gift, name: "a\\u202eb"}', "gift, name: U+202E (RIGHT-TO-LEFT OVERRIDE) turns the direction"),
        ("{sku: gift, name: A, currency: USD}", "line 4, gift: USD is no currency that Stripe charges in; use usd"),
        ("{sku: gift, name: A, currency: usd}", "line 4, gift: give either amount, or min and a max"),
        ("{sku: gift, name: A, currency: usd, min: 200, max: 100}", "a max that is not less."),
        ("{sku: gift, name: A, currency: usd, amount: 99, min: 1, max: 100}", "line 4, gift: give either amount"),
        ("{sku: gift, name: A, currency: usd, amount: 99.00}", "amount must be a whole number of minor units"),
        ("{sku: gift, name: A, currency: usd, amount: -1}", "amount must be a whole number of minor units"),
        ("{sku: gift, name: A, currency: usd, amount: 49}", "gift: The least that can be charged is 0.50 USD."),
        ("{sku: gift, name: A, currency: kwd, amount: 45501}", "gift: Amounts in kwd must be multiples of 10."),
        ("{sku: gift, name: A, currency: usd, min: 50, max: 100000000}", "gift: The most that can be charged is"),
        ("{sku: hour, name: A, currency: usd, amount: 100}", "line 4: hour is the sku of line 3 too; change one."),
        ("{sku: gift", "catalogue.yaml is not YAML: "),
    ],
)
def test_what_cannot_be_sold_is_refused_with_its_line_and_what_to_change(
    tmp_path: Path, entry: str, sentence: str
) -> None:
    with pytest.raises(CatalogueError) as refused:
        read(catalogue(tmp_path, f"{HOUR}  - {entry}\n"))

    assert sentence in str(refused.value)


@pytest.mark.parametrize("text", ["", "products:", "products: []", "- sku: hour", "products: {sku: hour}"])
def test_a_file_without_products_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)

    with pytest.raises(CatalogueError, match="needs a list called products"):
        read(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nothing\.yaml cannot be read: No such file"):
        read(tmp_path / "nothing.yaml")
