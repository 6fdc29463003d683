const CARD_OPTIONS = [
  "classes",
  "style",
  "disabled",
  "placeholder",
  "showIcon",
  "iconStyle",
  "hideIcon",
  "disableLink",
  "preferredNetwork",
];
/** What each element takes. @type {Record<string, string[] | undefined>} */
const ELEMENT_OPTIONS = {
  payment: [
    "layout",
    "fields",
    "defaultValues",
    "business",
    "paymentMethodOrder",
    "readOnly",
    "terms",
    "wallets",
    "walletOptions",
    "applePay",
  ],
  card: [...CARD_OPTIONS, "value", "hidePostalCode"],
  cardNumber: CARD_OPTIONS,
  cardExpiry: CARD_OPTIONS,
  cardCvc: CARD_OPTIONS,
  address: [
    "mode",
    "defaultValues",
    "allowedCountries",
    "fields",
    "validation",
    "autocomplete",
    "display",
    "contacts",
    "blockPoBox",
  ],
  linkAuthentication: ["defaultValues"],
  // Wallets are not there, so nothing that is said of them matters.
  expressCheckout: [
    "buttonType",
    "buttonTheme",
    "buttonHeight",
    "layout",
    "paymentMethods",
    "paymentMethodOrder",
    "wallets",
    "emailRequired",
    "phoneNumberRequired",
    "billingAddressRequired",
    "shippingAddressRequired",
    "shippingRates",
    "allowedShippingCountries",
    "applePay",
    "business",
    "lineItems",
  ],
};
const EVENTS = [
  "ready",
  "change",
  "focus",
  "blur",
  "escape",
  "loaderror",
  "loaderstart",
  "networkschange",
  "availablepaymentmethodschange",
];
const NEVER_HAPPENING = [
  "carddetailschange",
  "savedpaymentmethodupdate",
  "savedpaymentmethodremove",
  "click",
  "confirm",
  "cancel",
  "shippingaddresschange",
  "shippingratechange",
];

/**
 * One element. Its fields are in a frame of the double's origin, so what is typed is never on this page: the frame is
 * told what to do over a channel that nobody else can reach.
 */
class StripeElement {
  /** @param {Elements} elements @param {string} type @param {any} options */
  constructor(elements, type, options) {
    if (type === "address" && !["shipping", "billing"].includes(options.mode)) {
      throw new IntegrationError(
        'Invalid value for elements.create("address"): mode should be "shipping" or "billing".',
      );
    }
    this.elements = elements;
    this.type = type;
    this.options = options;
    /** @type {any} What the frame last told of itself. */
    this.state = { complete: false, empty: true, collapsed: false, value: {} };
    /** @type {{event: string, handler: Function, once: boolean}[]} */
    this.handlers = [];
    /** @type {HTMLIFrameElement | null} */
    this.frame = null;
    /** @type {HTMLElement | null} */
    this.container = null;
    this.destroyed = false;
    /** @type {FrameLine | null} */
    this.line = null;
  }

  /** @param {string | HTMLElement} target */
  mount(target) {
    if (this.destroyed) throw new IntegrationError("This element has been destroyed. Create a new one.");
    const container = typeof target === "string" ? document.querySelector(target) : target;
    if (!(container instanceof HTMLElement)) {
      throw new IntegrationError(
        `The page has no element ${JSON.stringify(target)} to mount into. Call mount() once it is there.`,
      );
    }
    if (this.container === container && this.frame?.isConnected) return;
    this.unmount();
    container.replaceChildren();
    this.container = container;
    this.frame = document.createElement("iframe");
    const { account, channel } = this.elements;
    const frame = this.frame;
    frame.title = `Secure ${WORDS[this.type]} input frame`;
    for (const [name, value] of Object.entries(FRAME_STYLE)) frame.style.setProperty(name, value);
    const start = { account, group: channel, options: forFrame(this.options), shared: this.elements.shared() };
    this.line = new FrameLine(frame, account.origin, `/v3/elements/${this.type}.html`, start, (event, detail) =>
      this.hear(event, detail),
    );
    container.append(frame);
    followLabels(this);
    this.showClasses();
  }

  unmount() {
    this.frame?.remove();
    this.line?.close();
    if (this.container) this.container.classList.remove(...Object.values(this.classes()));
    this.frame = this.line = this.container = null;
  }

  destroy() {
    this.unmount();
    this.destroyed = true;
    this.elements.made = this.elements.made.filter((each) => each !== this);
    this.elements.tell();
  }

  /** @param {any} options @returns {this} */
  update(options) {
    checkOptions(`${this.type}.update()`, options, ELEMENT_OPTIONS[this.type] ?? []);
    this.options = { ...this.options, ...options };
    if (this.frame) this.ask("update", forFrame(this.options));
    return this;
  }

  focus() {
    this.frame?.contentWindow?.focus();
    this.ask("focus");
  }

  blur() {
    this.ask("blur");
    this.frame?.blur();
  }

  clear() {
    this.ask("clear");
  }

  /** No method is chosen any more. @returns {this} */
  collapse() {
    this.ask("collapse");
    return this;
  }

  /** @returns {Promise<any>} */
  async getValue() {
    const { complete, value } = this.state;
    return { complete, value, isNewAddress: true };
  }

  /** @param {any} event @param {any} handler @returns {this} */
  on(event, handler) {
    return this.listen(event, handler, false);
  }

  /** @param {any} event @param {any} handler @returns {this} */
  once(event, handler) {
    return this.listen(event, handler, true);
  }

  /** @param {any} event @param {any} [handler] @returns {this} */
  off(event, handler) {
    this.handlers = this.handlers.filter((each) => each.event !== event || (handler && each.handler !== handler));
    return this;
  }

  /** @param {string} event @param {Function} handler @param {boolean} once */
  listen(event, handler, once) {
    if (!EVENTS.includes(event) && !NEVER_HAPPENING.includes(event)) throw lacking(`event ${event} of ${this.type}`);
    if (typeof handler !== "function")
      throw new IntegrationError(`${this.type}.on(${JSON.stringify(event)}) takes a function.`);
    this.handlers.push({ event, handler, once });
    return this;
  }

  /** What happens in the frame. @param {string} event @param {any} detail */
  hear(event, detail) {
    if (event === "resize") return this.frame?.style.setProperty("height", `${detail.height}px`);
    // "state" is what there is before the customer has changed anything.
    if (event === "change" || event === "state") this.state = detail;
    if (event === "focus") this.focused = true;
    if (event === "blur") this.focused = false;
    this.showClasses();
    for (const each of this.handlers.filter((one) => one.event === event)) {
      if (each.once) this.off(event, each.handler);
      each.handler({ elementType: this.type, ...detail });
    }
  }

  /** The names by which a page styles the container of a card's element. */
  classes() {
    const names = {
      base: "StripeElement",
      complete: "StripeElement--complete",
      empty: "StripeElement--empty",
      focus: "StripeElement--focus",
      invalid: "StripeElement--invalid",
    };
    return { ...names, ...this.options.classes };
  }

  showClasses() {
    const { empty, complete, error } = this.state;
    const shown = { base: true, empty, complete, invalid: Boolean(error), focus: Boolean(this.focused) };
    for (const [name, on] of Object.entries(shown))
      this.container?.classList.toggle(this.classes()[/** @type {"base"} */ (name)], on);
  }

  /** @param {string} command @param {object} [detail] @returns {Promise<any>} */
  ask(command, detail) {
    if (!this.line) throw new IntegrationError(`The ${this.type} element is not mounted: call mount() first.`);
    return this.line.ask(command, detail);
  }

  /**
   * The frame sends this to the API with what is typed in it, `as` part of a confirmation, a method or a token.
   * @param {string} path @param {string} as @param {any} parameters @returns {Promise<any>}
   */
  async post(path, as, parameters) {
    const answer = await this.ask("post", { path, as, parameters });
    if (answer.integration) throw new IntegrationError(answer.integration);
    return answer;
  }
}

/** @type {Record<string, string>} */
const WORDS = {
  payment: "payment",
  card: "card payment",
  cardNumber: "card number",
  cardExpiry: "expiration date",
  cardCvc: "CVC",
  address: "address",
  linkAuthentication: "email",
  expressCheckout: "express checkout",
};
const FRAME_STYLE = {
  border: "0",
  display: "block",
  width: "100%",
  "min-width": "100%",
  height: "1px",
  margin: "0",
  padding: "0",
  overflow: "hidden",
  "color-scheme": "light only",
};

/** Options as they may travel to the frame. @param {any} options */
function forFrame({ classes: _classes, ...options }) {
  return options;
}

/** A click on a label of the container is one into the element. @param {StripeElement} element */
function followLabels(element) {
  const container = element.container;
  const labels = document.querySelectorAll(
    container?.id ? `label[for=${CSS.escape(container.id)}]` : "label:not(label)",
  );
  for (const label of [container?.closest("label"), ...labels]) {
    label?.addEventListener("click", () => element.container === container && element.frame && element.focus());
  }
}
