/**
 * `window.Stripe`. The API is where the script came from.
 * @param {HTMLOrSVGScriptElement | null} script
 */
function startPage(script) {
  if (!script || !("src" in script))
    throw new IntegrationError("Include Stripe.js by a script tag of type text/javascript.");
  const origin = new URL(script.src).origin;
  /** @type {import("@stripe/stripe-js").StripeConstructor} */
  const Stripe = (key, options) => /** @type {any} */ (makeStripe(origin, key, options));
  /** @type {any} */ (window).Stripe = Object.assign(Stripe, { version: "endive" });
}

/**
 * @param {string} origin @param {string} key @param {import("@stripe/stripe-js").StripeConstructorOptions} [options]
 * @returns {StripeJs}
 */
function makeStripe(origin, key, options = {}) {
  if (typeof key !== "string" || key.trim() === "") {
    throw new IntegrationError("Call Stripe() with your publishable key. You used an empty string.");
  }
  if (/^(sk|rk)_/.test(key)) {
    throw new IntegrationError(
      "You should not use your secret key with Stripe.js: call Stripe() with the publishable one, pk_...",
    );
  }
  if (!key.startsWith("pk_")) throw new IntegrationError("Stripe() takes a publishable key: it begins with pk_.");
  // Betas open what the double lacks, and that says so itself; it speaks English alone.
  checkOptions("Stripe()", options, ["apiVersion", "locale", "betas", "developerTools", "advancedFraudSignals"]);
  return throwingByName(new StripeJs({ origin, key, version: options.apiVersion }));
}
