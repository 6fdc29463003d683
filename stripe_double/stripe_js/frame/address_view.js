/** The address and linkAuthentication elements: forms whose values are the page's to know. */
class AddressView {
  /** @param {Frame} frame @param {string} kind */
  constructor(frame, kind) {
    this.frame = frame;
    this.kind = kind;
    const { fields, allowedCountries, defaultValues = {} } = frame.options;
    const names =
      kind === "address" ? ["name", "country", "line1", "line2", "city", "state", "postal_code"] : ["email"];
    if (fields?.phone === "always") names.push("phone");
    this.all = names
      .filter((name) => name !== "name" || fields?.name !== "never")
      .map(
        (name) =>
          new Field(name, {
            choices: name === "country" ? allowedCountries : undefined,
            onChange: () => this.changed(),
          }),
      );
    for (const field of this.all) {
      const value = defaultValues[field.name] ?? defaultValues.address?.[field.name];
      if (value) field.fill(value);
    }
    frame.root.append(...this.all.map((each) => each.element));
    this.update();
    this.changed();
  }

  update() {
    showAppearance(this.frame.shared.appearance);
  }

  changed() {
    const state = this.all?.find((each) => each.name === "state");
    if (state) state.element.hidden = !WITH_STATE.includes(this.text("country") ?? "");
    this.frame.changed();
  }

  /** @param {string} name */
  text(name) {
    return this.all.find((each) => each.name === name && !each.element.hidden)?.value;
  }

  fields() {
    return this.all?.filter((each) => !each.element.hidden) ?? [];
  }

  together() {
    return this.fields();
  }

  state() {
    if (this.kind === "linkAuthentication") return { value: { email: this.text("email") } };
    const part = (/** @type {string} */ name) => this.text(name) || null;
    const [line1, line2, city, state, postal_code, country] = [
      "line1",
      "line2",
      "city",
      "state",
      "postal_code",
      "country",
    ].map(part);
    const value = {
      name: this.text("name"),
      phone: this.text("phone"),
      address: { line1, line2, city, state, postal_code, country },
    };
    return { elementMode: this.frame.options.mode, isNewAddress: true, value };
  }

  data() {
    return {};
  }

  /** @param {any} _parameters @returns {string | undefined} */
  objection(_parameters) {
    return "This element has nothing to pay with.";
  }
}

/** expressCheckout: there is no wallet, and it says so. */
class WalletsView {
  together() {
    return this.fields();
  }

  /** @returns {Field[]} */
  fields() {
    return [];
  }

  state() {
    return { value: {} };
  }

  update() {}

  data() {
    return {};
  }

  /** @param {any} _parameters @returns {string | undefined} */
  objection(_parameters) {
    return "The Stripe double has no wallets.";
  }
}
