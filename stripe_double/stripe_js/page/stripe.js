/**
 * @typedef {import("@stripe/stripe-js").StripeError} StripeError
 * @typedef {import("@stripe/stripe-js").PaymentIntentResult} PaymentIntentResult
 * @typedef {import("@stripe/stripe-js").SetupIntentResult} SetupIntentResult
 */

/** What `Stripe(key)` gives. Its methods' answers are Stripe's: `{error}` for whatever the customer can mend. */
class StripeJs {
  /** @param {Account} account */
  constructor(account) {
    this.account = account;
  }

  /** @param {import("@stripe/stripe-js").StripeElementsOptions} [options] */
  elements(options = {}) {
    return new Elements(this.account, options);
  }

  /** @param {ConfirmOptions} options @returns {Promise<any>} */
  async confirmPayment(options) {
    return confirmIntent(this.account, "payment_intent", options);
  }

  /** @param {ConfirmOptions} options @returns {Promise<any>} */
  async confirmSetup(options) {
    return confirmIntent(this.account, "setup_intent", options);
  }

  /**
   * @param {string} clientSecret @param {import("@stripe/stripe-js").ConfirmCardPaymentData} [data]
   * @param {{handleActions?: boolean}} [options] @returns {Promise<PaymentIntentResult>}
   */
  async confirmCardPayment(clientSecret, data, options) {
    return confirmWithCard(this.account, "payment_intent", clientSecret, data, options);
  }

  /**
   * @param {string} clientSecret @param {import("@stripe/stripe-js").ConfirmCardSetupData} [data]
   * @param {{handleActions?: boolean}} [options] @returns {Promise<SetupIntentResult>}
   */
  async confirmCardSetup(clientSecret, data, options) {
    return confirmWithCard(this.account, "setup_intent", clientSecret, data, options);
  }

  /** @param {{clientSecret?: string, hashedValue?: string}} options @returns {Promise<any>} */
  async handleNextAction(options) {
    checkOptions("stripe.handleNextAction()", options ?? {}, ["clientSecret"]);
    const { kind, id, secret } = readSecret("stripe.handleNextAction()", options?.clientSecret);
    const intent = await retrieveIntent(this.account, kind, id, secret);
    return "error" in intent ? intent : settle(this.account, kind, intent);
  }

  /** @param {string} clientSecret @returns {Promise<PaymentIntentResult>} */
  async handleCardAction(clientSecret) {
    const { kind, id, secret } = readSecret("stripe.handleCardAction()", clientSecret, "payment_intent");
    const intent = await retrieveIntent(this.account, kind, id, secret);
    if ("error" in intent) return intent;
    if (intent.confirmation_method !== "manual") {
      throw new IntegrationError(
        "stripe.handleCardAction() is for a PaymentIntent that the server confirms (confirmation_method: manual). " +
          "Use stripe.handleNextAction().",
      );
    }
    return settle(this.account, kind, intent);
  }

  /** @param {any} options @returns {Promise<import("@stripe/stripe-js").PaymentMethodResult>} */
  async createPaymentMethod(options) {
    return createPaymentMethod(this.account, options);
  }

  /**
   * @param {import("@stripe/stripe-js").CreateConfirmationToken} options
   * @returns {Promise<import("@stripe/stripe-js").ConfirmationTokenResult>}
   */
  async createConfirmationToken(options) {
    return createConfirmationToken(this.account, options);
  }

  /** @param {any} element @param {any} [data] @returns {Promise<import("@stripe/stripe-js").TokenResult>} */
  async createToken(element, data = {}) {
    if (!(element instanceof StripeElement)) throw lacking(`stripe.createToken(${JSON.stringify(element)})`);
    const answer = await element.post("/v1/tokens", "token", { card: data });
    return answer.error ? { error: answer.error } : { token: answer };
  }

  /** @param {string} clientSecret @returns {Promise<PaymentIntentResult>} */
  async retrievePaymentIntent(clientSecret) {
    const { kind, id, secret } = readSecret("stripe.retrievePaymentIntent()", clientSecret, "payment_intent");
    const intent = await retrieveIntent(this.account, kind, id, secret);
    return "error" in intent ? intent : { paymentIntent: intent };
  }

  /** @param {string} clientSecret @returns {Promise<SetupIntentResult>} */
  async retrieveSetupIntent(clientSecret) {
    const { kind, id, secret } = readSecret("stripe.retrieveSetupIntent()", clientSecret, "setup_intent");
    const intent = await retrieveIntent(this.account, kind, id, secret);
    return "error" in intent ? intent : { setupIntent: intent };
  }

  /** Who wraps Stripe.js is nothing to the double. @param {import("@stripe/stripe-js").WrapperLibrary} _wrapper */
  registerAppInfo(_wrapper) {}

  /** npm's loader tells its version. @param {object} _wrapper */
  _registerWrapper(_wrapper) {}
}
