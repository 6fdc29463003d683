/** The `card` element, a line with everything, or one of its fields alone. */
class CardView {
  /** @param {Frame} frame @param {string} kind */
  constructor(frame, kind) {
    this.frame = frame;
    this.kind = kind;
    const names = {
      card: ["number", "expiry", "cvc", "zip"],
      cardNumber: ["number"],
      cardExpiry: ["expiry"],
      cardCvc: ["cvc"],
    };
    const placeholder = kind === "card" ? undefined : frame.options.placeholder;
    const onChange = () => frame.changed();
    const number = () => this.together().find((each) => each.name === "number")?.value ?? "";
    this.all = names[/** @type {"card"} */ (kind)].map((name) => new Field(name, { placeholder, onChange, number }));
    frame.root.className = "line";
    frame.root.append(...this.all.map((each) => each.element));
    this.update();
  }

  update() {
    const { style, disabled, hidePostalCode, value } = this.frame.options;
    showStyle(style);
    for (const field of this.all) {
      field.input.disabled = Boolean(disabled);
      if (field.name === "zip") {
        field.element.hidden = Boolean(hidePostalCode);
        if (value?.postalCode && field.empty) field.fill(value.postalCode);
      }
    }
  }

  fields() {
    return this.all.filter((each) => !each.element.hidden);
  }

  /** This field's and, where the number is a frame of its own, those of the frames beside it. @returns {Field[]} */
  together() {
    return this.kind === "card"
      ? this.fields()
      : [this, ...this.frame.siblings().map((each) => each.view)].flatMap((each) => each.fields());
  }

  /** @returns {any} */
  state() {
    const [first] = this.all;
    const code = this.fields().find((each) => each.shown)?.shown;
    const brand = first.name === "number" ? { brand: brandOf(digitsOf(first.value)).name } : {};
    const value = this.kind === "card" ? { value: { postalCode: this.all[3].value } } : {};
    return { ...brand, ...value, error: code ? validationError(code) : undefined };
  }

  /** @returns {any} */
  data() {
    const value = (/** @type {string} */ name) => this.together().find((each) => each.name === name)?.value;
    const zip = value("zip");
    const address = zip ? { billing_details: { address: { postal_code: zip } } } : {};
    return { type: "card", card: cardOf(value("number"), value("expiry"), value("cvc")), ...address };
  }

  /** @param {any} _parameters @returns {string | undefined} */
  objection(_parameters) {
    if (["card", "cardNumber"].includes(this.kind)) return undefined;
    return `Pay with the card or cardNumber element, not with ${this.kind}.`;
  }
}

/** @param {string} [number] @param {string} [expiry] @param {string} [cvc] */
function cardOf(number = "", expiry = "", cvc) {
  const { month, year } = readExpiry(expiry);
  return { number: digitsOf(number), exp_month: month, exp_year: year, cvc };
}
