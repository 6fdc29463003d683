"""Stripe's publishable key, which pages have and which is no secret."""

from dataclasses import dataclass

from payments.domain.errors import NotConfigured


@dataclass(frozen=True)
class PublishableKey:
    """As the deployment has it; empty where customers pay on Stripe's page alone."""

    given: str
    livemode: bool

    @property
    def value(self) -> str:
        """NotConfigured where there is none, or one of the other mode."""
        mode = "live" if self.livemode else "test"
        if not self.given:
            raise NotConfigured("StripePublishableKey is empty; samconfig.toml sets it, and forms on pages need it.")
        if not self.given.startswith(f"pk_{mode}_"):
            raise NotConfigured(
                f"StripePublishableKey is of the other mode than StripeLivemode, which takes pk_{mode}_...; "
                "samconfig.toml changes both."
            )
        return self.given
