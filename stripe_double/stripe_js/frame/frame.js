/** What a page asks of an element in its frame, and what the page is told. */
class Frame {
  /** @param {string} kind @param {any} start @param {MessagePort} port */
  constructor(kind, start, port) {
    this.kind = kind;
    this.port = port;
    // What is typed goes to where the frame came from, whoever embeds it and whatever that names.
    this.account = { ...start.account, origin: location.origin };
    this.group = start.group;
    this.options = start.options;
    this.shared = start.shared;
    this.root = /** @type {HTMLElement} */ (document.getElementById("fields"));
    /** @type {any} */
    this.view = undefined;
    /** @type {any} Why nothing can be paid here. */
    this.failure = null;
    this.told = "";
    this.commands = /** @type {Record<string, (detail: any) => any>} */ ({
      load: () => this.load(),
      share: (shared) => this.share(shared),
      update: (options) => this.update(options),
      validate: () => this.validate(),
      post: (detail) => this.post(detail),
      focus: () => this.view.fields()[0]?.input.focus(),
      blur: () => /** @type {HTMLElement} */ (document.activeElement)?.blur(),
      clear: () => this.clear(),
      collapse: () => this.view.choose?.(null),
    });
  }

  /** @returns {any} */
  makeView() {
    if (this.kind === "payment") return new PaymentView(this);
    if (this.kind === "expressCheckout") return new WalletsView();
    return ["address", "linkAuthentication"].includes(this.kind)
      ? new AddressView(this, this.kind)
      : new CardView(this, this.kind);
  }

  async start() {
    this.view = this.makeView();
    this.followKeys();
    new ResizeObserver(() => this.resize()).observe(document.body);
    if (this.kind === "payment") this.tell("loaderstart");
    const { error } = await this.load();
    this.tell("state", this.state());
    if (!error) this.tell("ready", this.kind === "expressCheckout" ? { availablePaymentMethods: undefined } : {});
    this.port.onmessage = ({ data }) => this.answer(data);
  }

  /** @param {{number: number, command: string, detail: any}} asked */
  async answer({ number, command, detail }) {
    const answer = (await this.commands[command](detail)) ?? {};
    this.port.postMessage({ answers: number, answer });
  }

  async load() {
    const { error } = (await this.view.load?.()) ?? {};
    this.failure = error ?? null;
    const notice = /** @type {HTMLElement} */ (document.getElementById("failure"));
    notice.hidden = !error;
    notice.textContent = error?.message ?? "";
    if (error) this.tell("loaderror", { error });
    return error ? { error } : {};
  }

  /** @param {any} shared */
  share(shared) {
    this.shared = shared;
    this.view.update();
  }

  /** @param {any} options */
  update(options) {
    this.options = options;
    this.view.update();
  }

  clear() {
    for (const field of this.view.fields()) if (field.input instanceof HTMLInputElement) field.fill("");
    this.changed();
  }

  /** Shows what is missing, and answers with the first of it. @returns {{error?: any}} */
  validate() {
    if (this.failure) return { error: this.failure };
    if (this.kind === "payment" && !this.view.chosen) return { error: validationError("incomplete_payment_details") };
    const wrong = this.view.together().filter((/** @type {Field} */ each) => each.check());
    for (const field of wrong) field.show(field.check());
    return wrong.length ? { error: validationError(wrong[0].check()) } : {};
  }

  /**
   * Sends what the page wants together with what is typed here, which the page never sees.
   * @param {{path: string, as: string, parameters: any}} detail
   */
  async post({ path, as, parameters }) {
    const integration = this.view.objection(parameters);
    if (integration) return { integration };
    const refusal = this.validate();
    if (refusal.error) return refusal;
    const { id, ...data } = this.view.data();
    if (id && as !== "confirm")
      return { integration: "A saved payment method was chosen: there is nothing to make of it." };
    const { card, billing_details: details } = data;
    const whole = {
      confirm: () =>
        merged(
          { ...(id ? { payment_method: id } : { payment_method_data: data }), ...this.view.confirming?.() },
          id ? { ...parameters, payment_method_data: undefined } : parameters,
        ),
      method: () => merged(data, parameters),
      token: () => ({ card: { address_zip: details?.address.postal_code, ...parameters.card, ...card } }),
    }[/** @type {"token"} */ (as)]();
    return callApi(this.account, "POST", path, whole);
  }

  /** The frames of this page that belong to the same elements. @returns {Frame[]} */
  siblings() {
    const windows = Array.from({ length: parent.frames.length }, (_, place) => parent.frames[place]);
    return windows.map(frameIn).filter((each) => each && each !== this && each.group === this.group);
  }

  state() {
    const fields = this.view.fields();
    const complete =
      !this.failure &&
      fields.every((/** @type {Field} */ each) => !each.check()) &&
      this.view.chosen !== null &&
      this.kind !== "expressCheckout";
    const empty = fields.every((/** @type {Field} */ each) => each.empty) && !this.view.chosen?.id;
    return { complete, empty, ...this.view.state() };
  }

  /** Something was typed or chosen: the page is told, where that makes a difference to it. */
  changed() {
    if (!this.view) return;
    this.view.update();
    const state = this.state();
    const told = JSON.stringify(state);
    if (told !== this.told) this.tell("change", state);
    this.told = told;
  }

  /** @param {string} event @param {any} [detail] */
  tell(event, detail = {}) {
    if (event === "state") this.told = JSON.stringify(detail);
    this.port.postMessage({ event, detail });
  }

  resize() {
    this.tell("resize", { height: Math.ceil(document.body.getBoundingClientRect().height) });
  }

  followKeys() {
    addEventListener("keydown", (event) => event.key === "Escape" && this.tell("escape"));
    addEventListener("focusin", ({ relatedTarget }) => relatedTarget || this.tell("focus"));
    addEventListener("focusout", ({ relatedTarget }) => relatedTarget || this.tell("blur"));
  }
}

/** @param {any} other @returns {Frame} */
function frameIn(other) {
  try {
    return other.stripeDoubleFrame;
  } catch {
    // A frame of another origin is nobody's sibling.
    return /** @type {any} */ (undefined);
  }
}

/** Waits for the page to hand over its end of the channel whose name is in the address; takes it once. */
function startFrame() {
  const { kind = "" } = /** @type {HTMLElement} */ (document.getElementById("element")).dataset;
  addEventListener("message", function hear({ source, data, ports }) {
    if (source !== parent || data.channel !== location.hash.slice(1) || !ports.length) return;
    removeEventListener("message", hear);
    const frame = new Frame(kind, data, ports[0]);
    /** @type {any} */ (window).stripeDoubleFrame = frame;
    frame.start();
  });
}
