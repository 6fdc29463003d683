const OPEN = ["requires_payment_method", "requires_confirmation", "requires_action"];

/**
 * What the customer can choose from: types, saved methods, whether a new one may be kept. Or `{error}`.
 * @param {Frame} frame @returns {Promise<any>}
 */
async function offer({ account, shared }) {
  const { clientSecret, customerSessionClientSecret: customerSecret } = shared;
  const customer = customerSecret ? await customerOf(account, shared) : {};
  if (customer.error) return customer;
  const intent = clientSecret ? await intentOf(account, clientSecret) : {};
  if (intent.error) return intent;
  const allowed =
    intent.payment_method_types ??
    shared.allowedPaymentMethodTypes ??
    shared.paymentMethodTypes ??
    shared.payment_method_types ??
    Object.keys(METHODS);
  const types = Object.keys(METHODS).filter(
    (type) => allowed.includes(type) && !shared.excludedPaymentMethodTypes?.includes(type),
  );
  if (!types.length) {
    return {
      error: {
        type: "invalid_request_error",
        message: `The Stripe double has ${Object.keys(METHODS).join(" and ")}, of which none is allowed here.`,
      },
    };
  }
  const features = customer.customer_session?.components?.payment_element?.features ?? {};
  const saved = (customer.payment_methods ?? []).filter((/** @type {any} */ method) => types.includes(method.type));
  const reuses =
    intent.object === "setup_intent" ||
    shared.mode === "setup" ||
    Boolean(intent.setup_future_usage ?? shared.setupFutureUsage ?? shared.setup_future_usage);
  return {
    types,
    saved,
    reuses,
    keeps: features.payment_method_save === "enabled",
    usage: features.payment_method_save_usage,
  };
}

/** @param {Account} account @param {string} secret @returns {Promise<any>} */
async function intentOf(account, secret) {
  const [id] = secret.split("_secret_");
  const kind = id.startsWith("pi_") ? "payment_intent" : "setup_intent";
  const intent = await callApi(account, "GET", `/v1/${kind}s/${id}`, { client_secret: secret });
  if (intent.error || OPEN.includes(intent.status)) return intent;
  const message = `The intent has a status of ${intent.status}: nothing more can be paid with it.`;
  return { error: { type: "invalid_request_error", code: `${kind}_unexpected_state`, message, [kind]: intent } };
}

/** The customer, of a customer session. @param {Account} account @param {any} shared @returns {Promise<any>} */
async function customerOf(account, { clientSecret, customerSessionClientSecret, mode, amount, currency }) {
  const type = clientSecret
    ? { client_secret: clientSecret, type: clientSecret.startsWith("pi_") ? "payment_intent" : "setup_intent" }
    : { type: "deferred_intent", deferred_intent: { mode, amount, currency } };
  const session = await callApi(account, "GET", "/v1/elements/sessions", {
    ...type,
    customer_session_client_secret: customerSessionClientSecret,
    locale: "en",
  });
  return session.error ? session : (session.customer ?? {});
}
