"""What several functions are composed of, each from its settings; a function imports what it asks for and no more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from payments.runtime.settings import flag, listed, minutes, number, seconds, setting, setting_if_any, time_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools import Logger

    from payments.adapters.queue import MailQueue
    from payments.adapters.stripe.api import StripeApi
    from payments.adapters.stripe.client import StripeConnection
    from payments.adapters.stripe.customers import StripeCustomers
    from payments.adapters.table.admin import AdminTable
    from payments.adapters.table.catalogue import CatalogueTable
    from payments.adapters.table.core import CoreTable
    from payments.adapters.table.desk import DeskTable
    from payments.adapters.table.orders import OrderTable
    from payments.adapters.table.own_payments import OwnPaymentTable
    from payments.adapters.table.rates import RateTable
    from payments.adapters.table.shop import ShopTable
    from payments.adapters.table.users import UserTable
    from payments.domain.documents import Seller
    from payments.domain.payment import Way
    from payments.runtime.clients import ClientRate
    from payments.runtime.ordering import Ordering
    from payments.runtime.publishable_key import PublishableKey


def table() -> CoreTable:
    from payments.adapters.table.core import CoreTable

    return CoreTable(setting("TABLE_NAME"))


def order_table() -> OrderTable:
    from payments.adapters.table.orders import OrderTable

    return OrderTable(setting("TABLE_NAME"))


def catalogue() -> CatalogueTable:
    from payments.adapters.table.catalogue import CatalogueTable

    return CatalogueTable(setting("TABLE_NAME"))


def shop() -> ShopTable:
    from payments.adapters.table.shop import ShopTable

    return ShopTable(setting("TABLE_NAME"))


def own_payments() -> OwnPaymentTable:
    from payments.adapters.table.own_payments import OwnPaymentTable

    return OwnPaymentTable(setting("TABLE_NAME"))


def desk() -> DeskTable:
    from payments.adapters.table.desk import DeskTable

    return DeskTable(setting("TABLE_NAME"))


def admin_table() -> AdminTable:
    from payments.adapters.table.admin import AdminTable

    return AdminTable(setting("TABLE_NAME"))


def users() -> UserTable:
    from payments.adapters.table.users import UserTable

    return UserTable(setting("TABLE_NAME"))


def stripe_customers() -> StripeCustomers:
    from payments.adapters.secrets import Secret
    from payments.adapters.stripe.customers import StripeCustomers

    api_key = Secret(setting("STRIPE_API_KEY_SECRET"))
    return StripeCustomers(api_key.value, setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE"))


def stripe_api() -> StripeApi:
    from payments.adapters.secrets import Secret
    from payments.adapters.stripe.api import StripeApi

    api_key = Secret(setting("STRIPE_API_KEY_SECRET"))
    return StripeApi(api_key.value, setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE"))


def order_settings(way: Way) -> Ordering:
    from payments.runtime.ordering import Ordering

    return Ordering(
        way=way,
        origins=listed("ALLOWED_ORIGINS"),
        result_path=setting("RESULT_PATH"),
        lifetime=minutes("CHECKOUT_MINUTES"),
        hold=minutes("HOLD_MINUTES"),
        most_declines=number("MOST_DECLINES"),
        failure_delay=seconds("FAILURE_NOTICE_DELAY_SECONDS"),
        zone=time_zone("TIME_ZONE"),
    )


def client_rate(store: RateTable, stripe: StripeConnection, logger: Logger) -> ClientRate:
    from payments.runtime.clients import ClientRate
    from payments.runtime.observability import about

    def report(error: Exception) -> None:
        logger.warning("not_counted", extra=about(error), exc_info=error)

    return ClientRate(number("CLIENT_RATE_LIMIT"), lambda: stripe.key_for("clients"), store, report)


def page_key() -> PublishableKey:
    from payments.runtime.publishable_key import PublishableKey

    return PublishableKey(setting_if_any("STRIPE_PUBLISHABLE_KEY"), livemode=flag("STRIPE_LIVEMODE"))


def seller() -> Seller:
    from payments.domain.documents import Seller

    return Seller(setting("SELLER_NAME"), tuple(listed("SELLER_ADDRESS")), setting_if_any("SELLER_TAX_ID"))


def mail_queue() -> MailQueue:
    from payments.adapters.queue import MailQueue

    return MailQueue(setting("MAIL_QUEUE_URL"))


def mail_queue_later() -> Callable[[], MailQueue]:
    """The same, made when it is first asked for: where that is seldom, no start pays for its client."""
    url = setting("MAIL_QUEUE_URL")

    def made() -> MailQueue:
        from payments.adapters.queue import MailQueue

        return MailQueue(url)

    return cache(made)
