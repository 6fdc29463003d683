"""Users' customers at Stripe as items; what is with them is Stripe's."""

from contextlib import suppress

from payments.adapters.table.client import ABSENT, TableClient
from payments.adapters.table.codec import Item, decoded, encoded
from payments.adapters.table.keys import customer_key
from payments.domain.customers import UserCustomer

# One that was begun anew is another's affair.
_IS_THIS_ONE = "n = :n"


class CustomerTable(TableClient):
    def customer(self, user: str) -> UserCustomer | None:
        item = self._get(customer_key(user))
        if item is None:
            return None
        plain = decoded({name: item[name] for name in ("n", "customer_id") if name in item})
        return UserCustomer(user, plain["n"], plain.get("customer_id"))

    def begin_customer(self, begun: UserCustomer, before: UserCustomer | None) -> UserCustomer | None:
        """The user's customer as it is stored: of those who begin at once, or find at once that it is gone, the first
        says which."""
        return self._put(begun, before)

    def keep_customer(self, known: UserCustomer) -> UserCustomer | None:
        """The user's customer as it is stored; another, or none, if it was begun anew or erased meanwhile."""
        return self._put(known, known)

    def forget_customer(self, customer: UserCustomer) -> None:
        """Unless it was begun anew meanwhile."""
        with suppress(self._refused):
            self._client.delete_item(
                TableName=self._name,
                Key=customer_key(customer.user),
                ConditionExpression=_IS_THIS_ONE,
                ExpressionAttributeValues=encoded({":n": customer.n}),
            )

    def _put(self, customer: UserCustomer, before: UserCustomer | None) -> UserCustomer | None:
        condition, values = (_IS_THIS_ONE, {":n": before.n}) if before else (ABSENT, None)
        try:
            self._client.put_item(**self.put(_item(customer), condition, values)["Put"])
        except self._refused:
            return self.customer(customer.user)
        return customer


def _item(customer: UserCustomer) -> Item:
    return customer_key(customer.user) | encoded({"n": customer.n, "customer_id": customer.id})
