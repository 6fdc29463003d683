const METHODS = /** @type {Record<string, {label: string, fields: string[]}>} */ ({
  card: { label: "Card", fields: ["number", "expiry", "cvc", "country", "zip"] },
  sepa_debit: { label: "SEPA Direct Debit", fields: ["iban", "name", "email"] },
});

/** The Payment Element: the customer's saved cards, a new card, a bank debit. */
class PaymentView {
  /** @param {Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {any} A saved method, or {type}; null where none is chosen. */
    this.chosen = null;
    /** @type {any[]} */
    this.offered = [];
    const changed = () => this.frame.changed();
    const number = () => this.field("number").value;
    this.forms = Object.fromEntries(
      Object.entries(METHODS).map(([type, { fields }]) => [
        type,
        fields.map((name) => new Field(name, { onChange: changed, number })),
      ]),
    );
    this.keep = checkbox("Save payment details for future purchases", changed);
    this.prefill(frame.options.defaultValues?.billingDetails ?? {});
    for (const button of document.querySelectorAll("[data-fill]"))
      button.addEventListener("click", () => this.fillIn(/** @type {HTMLElement} */ (button)));
    this.field("country").input.addEventListener("change", changed);
  }

  /** @param {string} name @returns {Field} */
  field(name) {
    return /** @type {Field} */ (
      Object.values(this.forms)
        .flat()
        .find((each) => each.name === name)
    );
  }

  /** @param {any} details */
  prefill({ name, email, address = {} }) {
    const values = { name, email, country: address.country, zip: address.postal_code };
    for (const [field, value] of Object.entries(values)) if (value) this.field(field).fill(value);
  }

  /** @param {HTMLElement} button */
  fillIn(button) {
    const number = button.dataset.fill ?? "";
    const values =
      this.chosen?.type === "sepa_debit"
        ? { iban: number, name: "Jenny Rosen", email: "jenny@example.com" }
        : { number, expiry: "12 / 34", cvc: number.length === 15 ? "1234" : "123", zip: "12345" };
    for (const [name, value] of Object.entries(values)) this.field(name).fill(value);
    this.frame.changed();
  }

  /** Asks what can be paid with, and shows that. @returns {Promise<{error?: any}>} */
  async load() {
    const session = await offer(this.frame);
    if (session.error) return { error: session.error };
    this.session = session;
    const order = this.frame.options.paymentMethodOrder ?? [];
    const rank = (/** @type {string} */ type) => order.indexOf(type) + 1 || order.length + 1;
    const types = session.types.sort((/** @type {string} */ a, /** @type {string} */ b) => rank(a) - rank(b));
    this.offered = [...session.saved, ...types.map((/** @type {string} */ type) => ({ type }))];
    const { layout } = this.frame.options;
    this.chosen = layout?.defaultCollapsed ? null : this.offered[0];
    this.build();
    return {};
  }

  build() {
    const several = this.offered.length > 1;
    const list = document.createElement("fieldset");
    list.className = "methods";
    const legend = document.createElement("legend");
    legend.textContent = "Payment method";
    list.append(legend);
    this.panels = this.offered.map((method) => {
      const panel = document.createElement("div");
      panel.className = "panel";
      if (!method.id) panel.append(...this.forms[method.type].map((each) => each.element));
      const option = document.createElement("div");
      option.className = several ? "option" : "";
      if (several || this.chosen === null) option.append(this.radio(method));
      option.append(panel);
      list.append(option);
      return panel;
    });
    this.terms = document.createElement("p");
    this.terms.className = "terms";
    this.frame.root.replaceChildren(list, this.keep.element, this.terms);
    this.update();
  }

  /** @param {any} method */
  radio(method) {
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "method";
    input.value = method.id ?? method.type;
    input.checked = method === this.chosen;
    input.addEventListener("change", () => this.choose(method));
    const label = document.createElement("label");
    label.append(input, method.id ? savedName(method) : METHODS[method.type].label);
    return label;
  }

  /** @param {any} method */
  choose(method) {
    this.chosen = method;
    for (const input of this.frame.root.querySelectorAll("[name=method]")) {
      /** @type {HTMLInputElement} */ (input).checked =
        method !== null && /** @type {HTMLInputElement} */ (input).value === (method.id ?? method.type);
    }
    this.update();
    this.frame.changed();
  }

  update() {
    showAppearance(this.frame.shared.appearance);
    this.offered.forEach(
      (method, place) => this.panels && (this.panels[place].hidden = method !== this.chosen || Boolean(method.id)),
    );
    const { collects = {} } = this.frame.shared;
    const never = this.unasked();
    const hidden = {
      country: collects.address || never.country,
      zip: collects.address || never.zip || !WITH_ZIP.includes(this.field("country").value),
      name: never.name,
      email: collects.email || never.email,
    };
    for (const [name, is] of Object.entries(hidden)) this.field(name).element.hidden = Boolean(is);
    for (const field of Object.values(this.forms).flat()) field.input.disabled = Boolean(this.frame.options.readOnly);
    const test = /** @type {HTMLDetailsElement} */ (document.getElementById("test-data"));
    const isNew = this.chosen !== null && !this.chosen.id;
    test.hidden = !isNew;
    for (const list of test.querySelectorAll("ul")) list.hidden = list.dataset.for !== this.chosen?.type;
    this.keep.element.hidden = !(isNew && this.session?.keeps);
    if (this.terms) this.terms.textContent = isNew ? this.agreement() : "";
  }

  /** What the page said it asks for itself. @returns {Record<string, boolean>} */
  unasked() {
    const details = this.frame.options.fields?.billingDetails;
    const asked = (/** @type {any} */ option, /** @type {string} */ name) =>
      option === "never" || option?.[name] === "never";
    const address = details === "never" ? "never" : details?.address;
    return {
      name: asked(details, "name"),
      email: asked(details, "email"),
      country: asked(address, "country"),
      zip: asked(address, "postalCode"),
    };
  }

  agreement() {
    const shop = this.frame.options.business?.name ?? "Example Studio";
    if (this.chosen.type === "sepa_debit") {
      return `By confirming, you let ${shop} debit your bank account, and may claim the money back within eight weeks.`;
    }
    const shown = this.frame.options.terms?.card ?? "auto";
    if (shown === "never" || (shown === "auto" && !this.session?.reuses)) return "";
    return `By confirming, you let ${shop} charge your card for future payments in accordance with their terms.`;
  }

  fields() {
    if (!this.chosen || this.chosen.id) return [];
    return this.forms[this.chosen.type].filter((each) => !each.element.hidden);
  }

  together() {
    return this.fields();
  }

  /** @returns {any} */
  state() {
    const { id, type } = this.chosen ?? {};
    return { collapsed: !this.chosen, value: id ? { type, payment_method: this.chosen } : { type } };
  }

  /** @returns {any} What the API is told of the method. */
  data() {
    const { id, type } = this.chosen;
    if (id) return { id };
    const text = (/** @type {string} */ name) => this.fields().find((each) => each.name === name)?.value;
    if (type === "sepa_debit")
      return {
        type,
        sepa_debit: { iban: compactIban(text("iban") ?? "") },
        billing_details: { name: text("name"), email: text("email") },
      };
    const address = { country: text("country"), postal_code: text("zip") };
    const kept = this.session?.keeps ? { allow_redisplay: this.keep.input.checked ? "always" : "limited" } : {};
    return { type, card: cardOf(text("number"), text("expiry"), text("cvc")), billing_details: { address }, ...kept };
  }

  /** What else a confirmation says. */
  confirming() {
    if (!this.chosen.id && this.keep.input.checked && !this.keep.element.hidden)
      return { setup_future_usage: this.session?.usage };
    if (this.chosen.type !== "sepa_debit") return {};
    return { mandate_data: { customer_acceptance: { type: "online", online: { infer_from_client: true } } } };
  }

  /** What the page keeps from being asked, it must say itself. @param {any} parameters @returns {string | undefined} */
  objection(parameters) {
    if (this.chosen?.id) return undefined;
    const { billing_details: details = {} } = parameters.payment_method_data ?? parameters;
    const never = this.unasked();
    const debit = this.chosen?.type === "sepa_debit";
    const said = debit
      ? { name: details.name, email: details.email }
      : { country: details.address?.country, zip: details.address?.postal_code };
    const missing = Object.entries(said).find(([name, value]) => never[name] && value === undefined);
    return (
      missing &&
      `The Payment Element was told never to ask for ${missing[0]}: pass it in payment_method_data.billing_details.`
    );
  }
}

/** @param {any} method */
function savedName({ card, sepa_debit: debit }) {
  const words = (card?.display_brand ?? card?.brand ?? "Bank account").replace("_", " ");
  return `${words[0].toUpperCase()}${words.slice(1)} •••• ${(card ?? debit).last4}`;
}

/** @param {string} text @param {() => void} onChange */
function checkbox(text, onChange) {
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", onChange);
  const element = document.createElement("label");
  element.className = "keep";
  element.append(input, text);
  return { element, input };
}
