"""What an order costs: the prices of its lines, shipping and tax, as whole numbers of minor units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from payments.domain.catalogue import FixedPrice, Product
from payments.domain.claims import Claim
from payments.domain.countries import Country
from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.money import Currency
from payments.domain.order import Line, Order, Tax

MOST_LINES = 25
EVERY_OTHER_COUNTRY = "*"
_WHOLE = 10_000


@dataclass(frozen=True)
class ShippingRate:
    """`flat` whatever is sent, and nothing for lines of `free_from` or more; both in minor units."""

    flat: int
    free_from: int | None = None


@dataclass(frozen=True)
class TaxRate:
    """`basis_points` are hundredths of a percent: 1900 is 19 %. An `inclusive` tax is in the prices already."""

    name: str
    basis_points: int
    inclusive: bool


@dataclass(frozen=True)
class Terms:
    """What comes on top of prices, by the country that an order goes to; `*` ships to every other one.

    `country` is whose tax an order without an address has. What is not named is not shipped to, or not taxed.
    """

    country: Country | None = None
    shipping: Mapping[Country, Mapping[Currency, ShippingRate]] = field(default_factory=dict)
    tax: Mapping[Country, TaxRate] = field(default_factory=dict)

    def rate(self, country: Country, currency: Currency) -> ShippingRate | None:
        """What sending costs there; None where we do not. A country of its own has no other's rates."""
        rates = self.shipping.get(country, self.shipping.get(EVERY_OTHER_COUNTRY, {}))
        return rates.get(currency)


@dataclass(frozen=True)
class Offer:
    """What the table has for an order: products by sku, terms where they count, and the claim that holds its key."""

    products: Mapping[str, Product]
    terms: Terms = field(default_factory=Terms)
    claim: Claim | None = None


@dataclass(frozen=True)
class Cart:
    """What somebody wants, at today's prices: one line for each product, all of them in `currency`."""

    lines: tuple[Line, ...]
    currency: Currency

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


def added_up(items: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How many of each sku, in the order in which they are first named, at least one of each; ValidationFailed unless
    there are from 1 to 25 skus."""
    wanted: dict[str, int] = {}
    for place, (sku, quantity) in enumerate(items):
        if quantity < 1:
            raise ValidationFailed(FieldError(f"items.{place}.quantity", "Order at least 1, or leave the line out."))
        wanted[sku] = wanted.get(sku, 0) + quantity
    if not 1 <= len(wanted) <= MOST_LINES:
        raise ValidationFailed(FieldError("items", f"An order has from 1 to {MOST_LINES} different products."))
    return wanted


def cart_of(wanted: Mapping[str, int], products: Mapping[str, Product]) -> Cart:
    """The lines for what `added_up` found; ValidationFailed, by sku, for what is not sold so."""
    found = [products.get(sku) for sku in wanted]
    known = [each for each in found if each]
    currency = known[0].currency if known else ""
    errors = [
        FieldError("items", f"{sku}: {detail}")
        for (sku, quantity), product in zip(wanted.items(), found, strict=True)
        if (detail := _hindrance(product, quantity, currency))
    ]
    if errors:
        raise ValidationFailed(*errors)
    return Cart(tuple(_line(product, wanted[product.sku]) for product in known), currency)


def _hindrance(product: Product | None, quantity: int, currency: Currency) -> str:
    """Why a product cannot be ordered so; empty if it can."""
    if product is None:
        return "There is no such product; GET /products lists them."
    if not isinstance(product.price, FixedPrice):
        return "Its price is for the customer to choose; order it by serviceType, with an amount."
    if quantity > product.most:
        return f"At most {product.most} are sold at once."
    if product.currency != currency:
        return f"It is sold in {product.currency}, and the others in {currency}; order them one after the other."
    return ""


def _line(product: Product, quantity: int) -> Line:
    unit, _ = product.price.limits
    return Line(product.sku, product.name, quantity, unit, product.stocked, product.ships)


def price(cart: Cart, terms: Terms, country: Country | None, step: int = 1) -> Order:
    """The order for a cart that goes to `country`, None without an address; ValidationFailed where something of it is
    to be sent and that is not possible.

    Sending costs the country's flat rate once, or nothing for lines of `free_from` or more. Tax is counted once an
    order, on lines and shipping together, and rounded half up: one that is in the prices, to minor units, and one that
    is added, to `step` of them, the least that Stripe counts in the currency.
    """
    shipping = _shipping(cart, terms, country)
    rate = terms.tax.get(country or terms.country or "")
    tax = (_tax(rate, cart.amount + (shipping or 0), step),) if rate else ()
    return Order(cart.lines, shipping=shipping, tax=tax)


def _shipping(cart: Cart, terms: Terms, country: Country | None) -> int | None:
    if not any(line.ships for line in cart.lines):
        return None
    if country is None:
        raise ValidationFailed(FieldError("address", "Give the address that this is to be sent to."))
    rate = terms.rate(country, cart.currency)
    if rate is None:
        raise ValidationFailed(
            FieldError("address.country", f"We do not ship this to {country}; choose another country.")
        )
    is_free = rate.free_from is not None and cart.amount >= rate.free_from
    return 0 if is_free else rate.flat


def _tax(rate: TaxRate, base: int, step: int) -> Tax:
    if rate.inclusive:
        return Tax(rate.name, _half_up(base * rate.basis_points, _WHOLE + rate.basis_points), inclusive=True)
    return Tax(rate.name, step * _half_up(base * rate.basis_points, _WHOLE * step), inclusive=False)


def _half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)
