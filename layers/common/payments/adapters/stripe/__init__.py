"""Stripe: its API, its objects and its signatures, in our words."""
