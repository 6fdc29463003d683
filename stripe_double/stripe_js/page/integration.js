/** What a shop's own code does wrong, thrown as Stripe.js throws it. */
class IntegrationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "IntegrationError";
  }
}

/** @param {string} name @returns {IntegrationError} */
function lacking(name) {
  return new IntegrationError(`the Stripe double's Stripe.js has no ${name}`);
}

/** What Stripe.js has and this does not: each throws by its name. */
const LACKING = /** @type {const} */ ([
  "collectBankAccountForPayment",
  "collectBankAccountForSetup",
  "collectBankAccountToken",
  "collectFinancialConnectionsAccounts",
  "confirmAcssDebitPayment",
  "confirmAcssDebitSetup",
  "confirmAffirmPayment",
  "confirmAfterpayClearpayPayment",
  "confirmAlipayPayment",
  "confirmAmazonPaySetup",
  "confirmAuBecsDebitPayment",
  "confirmAuBecsDebitSetup",
  "confirmBacsDebitSetup",
  "confirmBancontactPayment",
  "confirmBancontactSetup",
  "confirmBilliePayment",
  "confirmBlikPayment",
  "confirmBlikSetup",
  "confirmBoletoPayment",
  "confirmCashappPayment",
  "confirmCashappSetup",
  "confirmCustomerBalancePayment",
  "confirmEpsPayment",
  "confirmFpxPayment",
  "confirmGiropayPayment",
  "confirmGrabPayPayment",
  "confirmIdealPayment",
  "confirmIdealSetup",
  "confirmKlarnaPayment",
  "confirmKonbiniPayment",
  "confirmMobilepayPayment",
  "confirmMultibancoPayment",
  "confirmOxxoPayment",
  "confirmP24Payment",
  "confirmPayByBankPayment",
  "confirmPayNowPayment",
  "confirmPayPalPayment",
  "confirmPayPalSetup",
  "confirmPixPayment",
  "confirmPromptPayPayment",
  "confirmSepaDebitPayment",
  "confirmSepaDebitSetup",
  "confirmSofortPayment",
  "confirmSofortSetup",
  "confirmTwintPayment",
  "confirmUsBankAccountPayment",
  "confirmUsBankAccountSetup",
  "confirmWechatPayPayment",
  "createEmbeddedCheckoutPage",
  "createEphemeralKeyNonce",
  "createRadarSession",
  "initCheckoutElementsSdk",
  "initCheckoutFormSdk",
  "initializePricing",
  "paymentRequest",
  "processOrder",
  "retrieveOrder",
  "verifyIdentity",
  "verifyMicrodepositsForPayment",
  "verifyMicrodepositsForSetup",
]);

/** What earlier releases of Stripe.js had. */
const FORMER = ["createSource", "initCheckout", "initEmbeddedCheckout", "redirectToCheckout", "retrieveSource"];

/**
 * The same object, which throws by name for what Stripe.js has or had and this has not.
 * @template {object} T @param {T} surface @returns {T}
 */
function throwingByName(surface) {
  return new Proxy(surface, {
    get(target, name) {
      if (LACKING.includes(/** @type {any} */ (name)) || FORMER.includes(String(name)))
        throw lacking(`stripe.${String(name)}`);
      return Reflect.get(target, name, target);
    },
  });
}

/**
 * Refuses options that would mean something and that nobody would honour.
 * @param {string} of @param {object} options @param {string[]} known
 */
function checkOptions(of, options, known) {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) throw lacking(`option ${name} of ${of}`);
  }
}

/**
 * @typedef {"payment_intent" | "setup_intent"} Kind
 *
 * Which intent a client secret is of.
 * @param {string} where @param {unknown} secret @param {Kind} [kind]
 * @returns {{kind: Kind, id: string, secret: string}}
 */
function readSecret(where, secret, kind) {
  const found = typeof secret === "string" ? /^((pi|seti)_[a-zA-Z0-9]+)_secret_[a-zA-Z0-9]+$/.exec(secret) : null;
  const named = found && (found[2] === "pi" ? "payment_intent" : "setup_intent");
  if (!found || !named || (kind && named !== kind)) {
    const of = kind
      ? `a client secret of a ${kind === "payment_intent" ? "PaymentIntent" : "SetupIntent"}`
      : "a client secret";
    throw new IntegrationError(
      `Invalid value for ${where}: clientSecret should be ${of}, \${id}_secret_\${secret}. ` +
        `You specified: ${String(secret)}.`,
    );
  }
  return { kind: named, id: found[1], secret: found[0] };
}

/** What the answer to confirming an intent calls it. @param {Kind} kind */
function camel(kind) {
  return kind === "payment_intent" ? "paymentIntent" : "setupIntent";
}
