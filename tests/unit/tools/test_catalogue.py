"""What a catalogue may say, and the sentence for what it may not."""

from pathlib import Path

import pytest

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.pricing import ShippingRate, TaxRate, Terms
from tools.catalogue import CatalogueError, read

HOUR = "  - {sku: hour, name: One hour, currency: usd, amount: 9900}\n"


def catalogue(folder: Path, products: str) -> Path:
    file = folder / "catalogue.yaml"
    file.write_text(f"# for sale\nproducts:\n{products}")
    return file


def test_a_catalogue_is_read(tmp_path: Path) -> None:
    gift = "  - sku: gift\n    name: A gift\n    currency: jpy\n    min: 100\n    max: 50000\n"

    found = read(catalogue(tmp_path, HOUR + gift))

    assert found.products == [
        Product("hour", "One hour", FixedPrice(9900), "usd"),
        Product("gift", "A gift", OpenPrice(100, 50000), "jpy"),
    ]
    assert found.terms == Terms()


def test_goods_are_read_with_the_terms_that_they_are_sent_on(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text("""\
terms:
  country: NO
  shipping:
    NO: {usd: {flat: 490, free_from: 5000}}
    "*": {usd: {flat: 1900}, kwd: {flat: 1000}}
  tax:
    NO: {name: MVA, basis_points: 2500, inclusive: true}
    CA: {name: GST, basis_points: 500, inclusive: false}
products:
  - sku: mug
    name: A mug
    currency: usd
    amount: 1800
    description: Holds tea.
    image: images/mug.svg
    ships: true
    stocked: true
    most: 4
""")
    found = read(file)

    assert found.products == [
        Product(
            *("mug", "A mug", FixedPrice(1800), "usd"),
            description="Holds tea.",
            image="images/mug.svg",
            ships=True,
            stocked=True,
            most=4,
        )
    ]
    assert found.terms == Terms(
        "NO",
        {"NO": {"usd": ShippingRate(490, 5000)}, "*": {"usd": ShippingRate(1900), "kwd": ShippingRate(1000)}},
        {"NO": TaxRate("MVA", 2500, inclusive=True), "CA": TaxRate("GST", 500, inclusive=False)},
    )


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
        ("{sku: gift, name: A, currency: usd, amount: 99, description: 7}", "gift: description must be one line of at"),
        (
            '{sku: gift, name: A, currency: usd, amount: 99, description: "a\\nb"}',
            "gift, description: U+000A is a line",
        ),
        ("{sku: gift, name: A, currency: usd, amount: 99, image: 'http://a/b.png'}", "gift: image must be an https"),
        ("{sku: gift, name: A, currency: usd, amount: 99, image: '../b.png'}", "gift: image must be an https address"),
        ("{sku: gift, name: A, currency: usd, amount: 99, image: '//b.png'}", "gift: image must be an https address"),
        ("{sku: gift, name: A, currency: usd, amount: 99, most: 0}", "gift: most must be a whole number from 1 to"),
        ("{sku: gift, name: A, currency: usd, amount: 99, most: true}", "gift: most must be a whole number from 1"),
        ("{sku: gift, name: A, currency: usd, amount: 99, stocked: 3}", "gift: stocked must be true or false."),
        ("{sku: gift, name: A, currency: usd, min: 99, max: 999, ships: true}", "gift: only what has a fixed price"),
        ("{sku: gift, name: A, currency: usd, amount: 99, ships: true}", "gift: it ships, and terms have no shipping"),
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


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ("[1]", "line 2: this must be names with values"),
        ("{post: 1}", "line 2: terms are country, shipping and tax, and no post."),
        ("{country: UK}", "line 2: UK is no country's code; use those of ISO 3166-1, such as US, DE or GB."),
        ("{shipping: {UK: {}}}", "line 2: UK is no country's code"),
        ("{shipping: {US: {usd: {flat: 1}}, US: {}}}", "line 2: US is there twice; take one out."),
        ("{shipping: {US: {USD: {flat: 1}}}}", "line 2: USD is no currency"),
        ("{shipping: {US: {usd: {}}}}", "line 2: shipping has flat, and may have free_from."),
        ("{shipping: {US: {usd: {flat: 1, free: 2}}}}", "line 2: shipping has flat, and may have free_from."),
        ("{shipping: {US: {usd: {flat: 4.90}}}}", "line 2: flat must be a whole number of minor units"),
        ("{shipping: {US: {usd: {flat: 1, free_from: -1}}}}", "line 2: free_from must be a whole number"),
        ("{shipping: {US: {kwd: {flat: 1001}}}}", "line 2: Amounts in kwd must be multiples of 10."),
        ("{country: US, tax: {US: {name: VAT, basis_points: 1900}}}", "line 2: a tax has name, basis_points and"),
        ("{country: US, tax: {US: {name: V, basis_points: 0.19, inclusive: true}}}", "such as 1900 for 19 %"),
        ("{country: US, tax: {US: {name: V, basis_points: 10001, inclusive: true}}}", "line 2: basis_points must be"),
        ("{country: US, tax: {US: {name: V, basis_points: 19, inclusive: 1}}}", "line 2: inclusive must be true"),
        ("{country: US, tax: {US: {name: '', basis_points: 19, inclusive: no}}}", "line 2: a tax's name must be"),
        ("{tax: {US: {name: V, basis_points: 19, inclusive: no}}}", "line 2: terms need a country, whose tax"),
    ],
)
def test_terms_that_cannot_be_charged_are_refused_with_their_line(tmp_path: Path, terms: str, sentence: str) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(f"# on these\nterms: {terms}\nproducts:\n{HOUR}")

    with pytest.raises(CatalogueError) as refused:
        read(file)

    assert sentence in str(refused.value)


def test_a_misspelt_part_of_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(f"term: {{}}\nproducts:\n{HOUR}")

    with pytest.raises(CatalogueError, match=r"has products and terms, and no term; correct its name"):
        read(file)
