"""What a function for whoever is signed in has of the table: their customer, and how much they asked for."""

from payments.adapters.table.customers import CustomerTable
from payments.adapters.table.rates import RateTable


class UserTable(CustomerTable, RateTable):
    """One client for both."""
