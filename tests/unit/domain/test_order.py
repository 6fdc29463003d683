"""What stays of an order whose person was taken out of it: the books."""

from payments.domain.order import Address, Line, Order

SHIPPED = Address("Ada Lovelace", "12 St James's Square", "London", "GB", "SW1Y 4JH", region="Westminster")
BILLED = Address("Byron Ltd", "1 Rue de Rivoli", "Paris", "FR", "75001")


def test_the_country_stays_where_it_was_sent_and_billed_and_nothing_else_of_an_address() -> None:
    order = Order(
        (Line("mug", "A mug", 2, 1800, ships=True),), address=SHIPPED, billing_address=BILLED, note="Ring twice"
    )

    erased = order.erased()

    assert erased.lines == order.lines
    assert erased.note is None
    assert erased.address
    assert erased.billing_address
    assert erased.address.lines == ("GB",)
    assert erased.billing_address.lines == ("FR",)
    assert Order(order.lines).erased().address is None
