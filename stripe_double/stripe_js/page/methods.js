/**
 * A payment method of what the customer has typed, which stays unpaid until a server uses it.
 * @param {Account} account @param {any} options @returns {Promise<any>}
 */
async function createPaymentMethod(account, options) {
  const where = "stripe.createPaymentMethod()";
  if (!isRecord(options)) throw new IntegrationError(`${where} takes one object: {elements, params} or {type, card}.`);
  const { elements, element, params = {}, ...data } = options;
  let answer;
  if (elements) {
    if (elements.options.paymentMethodCreation !== "manual") {
      throw new IntegrationError(`${where} with elements needs elements made with paymentMethodCreation: "manual".`);
    }
    answer = await elements.post(where, "/v1/payment_methods", "method", params);
  } else if (element) {
    answer = await element.post("/v1/payment_methods", "method", params);
  } else if (data.card instanceof StripeElement) {
    const { card, ...more } = data;
    answer = await card.post("/v1/payment_methods", "method", more);
  } else {
    if (!data.type) throw new IntegrationError(`Missing value for ${where}: type, or elements.`);
    answer = await callApi(account, "POST", "/v1/payment_methods", data);
  }
  return answer.error ? { error: answer.error } : { paymentMethod: answer };
}

/**
 * What the customer has typed, for a server to confirm an intent with.
 * @param {Account} account @param {any} options @returns {Promise<any>}
 */
async function createConfirmationToken(account, options) {
  const where = "stripe.createConfirmationToken()";
  checkOptions(where, options ?? {}, ["elements", "element", "payment_method", "params"]);
  const { elements, element, payment_method: method, params = {} } = options ?? {};
  const path = "/v1/confirmation_tokens";
  let answer;
  if (elements) {
    const usage = elements.options.setupFutureUsage ?? elements.options.setup_future_usage;
    answer = await elements.post(where, path, "confirm", { setup_future_usage: usage, ...params });
  } else if (element instanceof StripeElement) {
    answer = await element.post(path, "confirm", params);
  } else if (method) {
    answer = await callApi(account, "POST", path, { ...params, payment_method: method });
  } else throw new IntegrationError(`Missing value for ${where}: elements.`);
  return answer.error ? { error: answer.error } : { confirmationToken: answer };
}
