/**
 * Runs before anything else: Stripe leads back with the client secret of a payment or of a setup in the address, and that
 * stays in no history, bookmark or link. How it stands is asked for, not read from there; for that a page is handed what was
 * taken out, as `takenFromAddress`, and keeps it no longer than itself.
 */
{
  const address = new URL(location.href);
  const taken = {};
  for (const kind of ["payment_intent", "setup_intent"]) {
    for (const name of [kind, `${kind}_client_secret`, "redirect_status"]) {
      if (address.searchParams.has(name)) taken[name] = address.searchParams.get(name);
      address.searchParams.delete(name);
    }
  }
  if (address.href !== location.href) history.replaceState(history.state, "", address);
  window.takenFromAddress = taken;
}
