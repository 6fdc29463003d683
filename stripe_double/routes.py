"""Every endpoint of the API."""

from .resources import (
    account,
    balance_transactions,
    charges,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    products,
    radar,
    refunds,
    sessions,
    setup_intents,
    webhook_endpoints,
)

FAMILIES = (
    sessions,
    payment_intents,
    charges,
    refunds,
    disputes,
    customers,
    payment_methods,
    setup_intents,
    radar,
    products,
    events,
    webhook_endpoints,
    balance_transactions,
    account,
)
ROUTES = [route for family in FAMILIES for route in family.ROUTES]
