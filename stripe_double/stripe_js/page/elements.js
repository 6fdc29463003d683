const ELEMENTS_OPTIONS = [
  "clientSecret",
  "mode",
  "amount",
  "currency",
  "setupFutureUsage",
  "setup_future_usage",
  "captureMethod",
  "capture_method",
  "allowedPaymentMethodTypes",
  "paymentMethodTypes",
  "payment_method_types",
  "excludedPaymentMethodTypes",
  "paymentMethodCreation",
  "customerSessionClientSecret",
  "appearance",
  // Nothing to the double: one language, its own fonts, no loader, no other addresses to fill in.
  "locale",
  "fonts",
  "loader",
  "syncAddressCheckbox",
  "developerTools",
];

/** The elements of one payment: what they share, and what they have together. */
class Elements {
  /** @param {Account} account @param {any} options */
  constructor(account, options) {
    checkOptions("stripe.elements()", options, ELEMENTS_OPTIONS);
    if (options.clientSecret !== undefined) readSecret("stripe.elements()", options.clientSecret);
    if (options.clientSecret && options.mode) {
      throw new IntegrationError("Invalid value for stripe.elements(): clientSecret and mode exclude one another.");
    }
    checkMode(options);
    this.account = account;
    this.options = options;
    /** @type {StripeElement[]} */
    this.made = [];
    this.channel = newChannel();
    this.submitted = false;
    /** @type {(() => void)[]} */
    this.updated = [];
  }

  /** @param {string} type @param {any} [options] @returns {any} */
  create(type, options = {}) {
    const allowed = ELEMENT_OPTIONS[type];
    if (!allowed) throw lacking(`element ${JSON.stringify(type)}`);
    checkOptions(`elements.create(${JSON.stringify(type)})`, options, allowed);
    if (this.getElement(type, options)) {
      throw new IntegrationError(`Can only create one element of type ${type} through one elements object.`);
    }
    if (type === "payment" && !this.options.clientSecret && !this.options.mode) {
      throw new IntegrationError(
        "The Payment Element needs stripe.elements({clientSecret}) or stripe.elements({mode, currency}).",
      );
    }
    const element = new StripeElement(this, type, options);
    this.made.push(element);
    this.tell();
    return element;
  }

  /** @param {string} type @param {{mode?: string}} [options] @returns {any} */
  getElement(type, options) {
    const wanted = (/** @type {StripeElement} */ each) =>
      each.type === type && (!options?.mode || each.options.mode === options.mode);
    return this.made.find(wanted) ?? null;
  }

  /** @param {any} options @returns {Promise<void>} */
  async update(options) {
    checkOptions(
      "elements.update()",
      options,
      ELEMENTS_OPTIONS.filter((name) => name !== "clientSecret"),
    );
    const changed = { ...this.options, ...options };
    checkMode(changed);
    this.options = changed;
    await this.tell();
    for (const handler of this.updated) handler();
  }

  /** @param {"update-end"} event @param {() => void} handler */
  on(event, handler) {
    if (event !== "update-end") throw lacking(`event ${event} of elements`);
    this.updated.push(handler);
  }

  /** The intent is read anew, after a server has changed it. @returns {Promise<{error?: any}>} */
  async fetchUpdates() {
    const answers = await Promise.all(this.mounted().map((each) => each.ask("load")));
    return answers.find((each) => each.error) ?? {};
  }

  /** Every element says what is missing in it; the first of that is the answer. @returns {Promise<any>} */
  async submit() {
    const refusal = await this.refusal();
    if (refusal) return refusal;
    this.submitted = true;
    const payment = this.getElement("payment");
    return payment ? { selectedPaymentMethod: payment.state.value.type } : {};
  }

  async refusal() {
    const answers = await Promise.all(this.mounted().map((each) => each.ask("validate")));
    return answers.find((each) => each.error);
  }

  mounted() {
    return this.made.filter((each) => each.frame);
  }

  /** Of the intent they were made for. @param {string} where @returns {string} */
  clientSecret(where) {
    if (this.options.clientSecret) return this.options.clientSecret;
    throw new IntegrationError(
      `Missing value for ${where}: clientSecret, for stripe.elements() was called without one.`,
    );
  }

  /**
   * The Payment Element's frame sends this to the API, with what all of them have.
   * @param {string} where @param {string} path @param {string} as @param {any} parameters @returns {Promise<any>}
   */
  async post(where, path, as, parameters) {
    const payment = this.getElement("payment");
    if (!payment?.frame)
      throw new IntegrationError(`Invalid value for ${where}: elements should have a mounted Payment Element.`);
    if (!this.options.clientSecret && !this.submitted) {
      throw new IntegrationError(`elements.submit() must be called before ${where}.`);
    }
    return (await this.refusal()) ?? payment.post(path, as, merged(this.collected(as, path), parameters));
  }

  /** What the other elements know of the customer. @param {string} as @param {string} path */
  collected(as, path) {
    const email = this.getElement("linkAuthentication")?.state.value?.email;
    const billing = this.getElement("address", { mode: "billing" })?.state.value;
    const details = { billing_details: { email, ...given(billing) } };
    if (as === "method") return details;
    const shipping = this.getElement("address", { mode: "shipping" })?.state.value;
    const toShip = shipping && !path.startsWith("/v1/setup_intents") ? { shipping: given(shipping) } : {};
    return { payment_method_data: details, ...toShip };
  }

  /** What each frame is told of the whole. */
  shared() {
    const { fonts: _fonts, ...options } = this.options;
    const collects = {
      email: Boolean(this.getElement("linkAuthentication")),
      address: Boolean(this.getElement("address", { mode: "billing" })),
    };
    return { ...options, collects };
  }

  async tell() {
    await Promise.all(this.mounted().map((each) => each.ask("share", this.shared())));
  }
}

/** @param {any} options */
function checkMode({ mode, amount, currency }) {
  if (mode === undefined) return;
  if (mode !== "payment" && mode !== "setup") throw lacking(`mode ${JSON.stringify(mode)} of stripe.elements()`);
  if (mode === "payment" && !(Number.isInteger(amount) && amount > 0)) {
    throw new IntegrationError(
      "Invalid value for stripe.elements(): amount should be a whole number of the smallest unit, above 0.",
    );
  }
  if (typeof currency !== "string" && mode === "payment")
    throw new IntegrationError("Missing value for stripe.elements(): currency.");
}

/** An address without what is not known of it. @param {any} value */
function given(value) {
  return value && { name: value.name, phone: value.phone, address: value.address };
}

/** A name that nobody guesses. */
function newChannel() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("");
}
