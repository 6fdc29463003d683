/**
 * @typedef {{
 *   elements?: any, clientSecret?: string, confirmParams?: any, redirect?: "always" | "if_required",
 * }} ConfirmOptions
 *
 * Pay or save with what the Payment Element has, or with the method that is named. Sends the customer on to
 * `return_url` when it is done, and then never resolves, unless `redirect` is if_required.
 * @param {Account} account @param {Kind} kind @param {ConfirmOptions} options @returns {Promise<any>}
 */
async function confirmIntent(account, kind, options) {
  const where = kind === "payment_intent" ? "stripe.confirmPayment()" : "stripe.confirmSetup()";
  checkOptions(where, options ?? {}, ["elements", "clientSecret", "confirmParams", "redirect"]);
  const { elements, clientSecret, confirmParams = {}, redirect = "always" } = options ?? {};
  if (!elements && !clientSecret) throw new IntegrationError(`Missing value for ${where}: elements or clientSecret.`);
  if (elements && !(elements instanceof Elements)) {
    throw new IntegrationError(`Invalid value for ${where}: elements should be what stripe.elements() gave.`);
  }
  if (redirect !== "always" && redirect !== "if_required") {
    throw new IntegrationError(`Invalid value for ${where}: redirect should be "always" or "if_required".`);
  }
  if (redirect === "always" && !confirmParams.return_url) {
    throw new IntegrationError(
      `Missing value for ${where}: confirmParams.return_url, unless redirect is "if_required".`,
    );
  }
  const intent = readSecret(where, clientSecret ?? elements?.clientSecret(where), kind);
  const parameters = { return_url: location.href, ...confirmParams };
  const answer = elements
    ? await elements.post(where, confirmPath(intent), "confirm", confirming(intent, parameters))
    : await callApi(account, "POST", confirmPath(intent), confirming(intent, parameters));
  const result = answer.error ? { error: answer.error } : await settle(account, kind, answer);
  if (result.error || redirect === "if_required") return result;
  return leaveFor(returnAddress(confirmParams.return_url, kind, result[camel(kind)]));
}

/**
 * Pay or save with a card's element, a token or a payment method that there is.
 * @param {Account} account @param {Kind} kind @param {unknown} clientSecret @param {any} [data]
 * @param {{handleActions?: boolean}} [options] @returns {Promise<any>}
 */
async function confirmWithCard(account, kind, clientSecret, data = {}, options = {}) {
  const where = kind === "payment_intent" ? "stripe.confirmCardPayment()" : "stripe.confirmCardSetup()";
  const intent = readSecret(where, clientSecret, kind);
  checkOptions(where, options, ["handleActions"]);
  if (data.payment_method_options?.card?.cvc) throw lacking(`payment_method_options.card.cvc of ${where}`);
  const { payment_method: method, ...more } = data;
  const parameters = confirming(intent, { return_url: location.href, ...more });
  let answer;
  if (isRecord(method)) {
    const { card, ...details } = method;
    if (card instanceof StripeElement) {
      answer = await card.post(confirmPath(intent), "confirm", { ...parameters, payment_method_data: details });
    } else if (card?.token) {
      const named = { ...details, type: "card", card };
      answer = await callApi(account, "POST", confirmPath(intent), { ...parameters, payment_method_data: named });
    } else {
      throw new IntegrationError(
        `Invalid value for ${where}: payment_method.card should be a card element or {token}.`,
      );
    }
  } else {
    answer = await callApi(account, "POST", confirmPath(intent), { ...parameters, payment_method: method });
  }
  if (answer.error) return { error: answer.error };
  return options.handleActions === false ? { [camel(kind)]: answer } : settle(account, kind, answer);
}

/** @param {{kind: Kind, id: string}} intent */
function confirmPath({ kind, id }) {
  return `/v1/${kind}s/${id}/confirm`;
}

/** @param {{secret: string}} intent @param {object} parameters */
function confirming({ secret }, parameters) {
  return { ...parameters, client_secret: secret, use_stripe_sdk: true };
}

/**
 * What Stripe has of an intent, or `{error}`.
 * @param {Account} account @param {Kind} kind @param {string} id @param {string} secret @returns {Promise<any>}
 */
async function retrieveIntent(account, kind, id, secret) {
  const answer = await callApi(account, "GET", `/v1/${kind}s/${id}`, { client_secret: secret });
  return answer.error ? { error: answer.error } : answer;
}

/**
 * What is left to do for the customer is done, and the intent as it stands then is the answer, or why it failed.
 * @param {Account} account @param {Kind} kind @param {any} intent @returns {Promise<any>}
 */
async function settle(account, kind, intent) {
  const action = intent.status === "requires_action" ? intent.next_action : null;
  if (!action) return { [camel(kind)]: intent };
  if (action.type === "redirect_to_url") return leaveFor(action.redirect_to_url.url);
  if (action.type !== "use_stripe_sdk") throw lacking(`next action ${action.type}`);
  await showChallenge(account.origin, action.use_stripe_sdk.stripe_js);
  const after = await retrieveIntent(account, kind, intent.id, intent.client_secret);
  if ("error" in after) return after;
  const failure = after.status === "requires_payment_method" && (after.last_payment_error ?? after.last_setup_error);
  return failure ? { error: { ...failure, [kind]: after } } : { [camel(kind)]: after };
}

/** @param {string} back @param {Kind} kind @param {any} intent */
function returnAddress(back, kind, intent) {
  const address = new URL(back, location.href);
  address.searchParams.set(kind, intent.id);
  address.searchParams.set(`${kind}_client_secret`, intent.client_secret);
  address.searchParams.set("redirect_status", intent.status === "processing" ? "pending" : "succeeded");
  return address.href;
}

/** The page is left, so whoever waits is told nothing more. @param {string} address @returns {Promise<never>} */
function leaveFor(address) {
  location.assign(address);
  return new Promise(() => {});
}
