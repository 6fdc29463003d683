/**
 * Runs before anything else: Stripe leads back with the payment's client secret in the address, and that stays in no
 * history, bookmark or link. How the payment stands is asked for, not read from there.
 */
{
  const address = new URL(location.href);
  const named = ["payment_intent", "payment_intent_client_secret", "redirect_status"];
  for (const name of named) address.searchParams.delete(name);
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}
