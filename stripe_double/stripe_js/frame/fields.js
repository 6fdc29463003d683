/**
 * @typedef {object} FieldKind
 * @property {string} label
 * @property {string} autocomplete
 * @property {string} [inputmode]
 * @property {string} [placeholder]
 * @property {(text: string, typing: boolean) => string} [format]
 * @property {(text: string, number: string) => string | null} check Stripe's code for what
 *   is wrong with the text, where the card has this number
 * @property {string[]} [choices] countries, where one is chosen
 */

/** @type {Record<string, FieldKind>} */
const FIELDS = {
  number: {
    label: "Card number",
    autocomplete: "cc-number",
    inputmode: "numeric",
    placeholder: "1234 1234 1234 1234",
    format: formatNumber,
    check: checkNumber,
  },
  expiry: {
    label: "Expiration date",
    autocomplete: "cc-exp",
    inputmode: "numeric",
    placeholder: "MM / YY",
    format: formatExpiry,
    check: checkExpiry,
  },
  cvc: {
    label: "Security code",
    autocomplete: "cc-csc",
    inputmode: "numeric",
    placeholder: "CVC",
    format: (text) => digitsOf(text).slice(0, 4),
    check: checkCvc,
  },
  zip: { label: "ZIP", autocomplete: "billing postal-code", placeholder: "ZIP", check: required("incomplete_zip") },
  iban: {
    label: "IBAN",
    autocomplete: "off",
    placeholder: "DE00 0000 0000 0000 0000 00",
    format: (text) => compactIban(text).replace(/(.{4})(?=.)/g, "$1 "),
    check: checkIban,
  },
  name: { label: "Full name", autocomplete: "name", check: required("incomplete_name") },
  email: {
    label: "Email",
    autocomplete: "email",
    inputmode: "email",
    placeholder: "you@example.com",
    check: checkEmail,
  },
  phone: { label: "Phone number", autocomplete: "tel", inputmode: "tel", check: required("incomplete_phone") },
  line1: { label: "Address line 1", autocomplete: "address-line1", check: required("incomplete_address") },
  line2: { label: "Address line 2 (optional)", autocomplete: "address-line2", check: () => null },
  city: { label: "City", autocomplete: "address-level2", check: required("incomplete_address") },
  state: { label: "State or province", autocomplete: "address-level1", check: required("incomplete_address") },
  postal_code: { label: "Postal code", autocomplete: "postal-code", check: required("incomplete_zip") },
  country: {
    label: "Country or region",
    autocomplete: "country",
    check: required("incomplete_address"),
    choices: countries(),
  },
};
/** Where the card's own postal code is asked for, and where an address has a state. */
const WITH_ZIP = ["US", "GB", "CA"];
const WITH_STATE = ["US", "CA", "AU", "BR", "MX", "IN", "JP", "CN"];

function countries() {
  return `AD AE AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL
    CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FO FR GA GB GD GE GF GG GH GI GL GM GN GP GR GT GY HK
    HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG KH KN KR KW KY KZ LA LB LC LI LK LS LT LU LV LY MA MC MD ME MG
    MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NZ OM PA PE PF PG PH PK PL PR PT PY QA RE RO RS
    RW SA SC SE SG SI SK SL SM SN SR ST SV SZ TD TG TH TJ TM TN TO TR TT TW TZ UA UG US UY UZ VA VC VE VG VN VU WS ZA ZM
    ZW`.split(/\s+/);
}

/** The country to begin with. */
function ownCountry() {
  const region = /-([A-Z]{2})\b/.exec(navigator.language)?.[1] ?? "US";
  return countries().includes(region) ? region : "US";
}

/** One input with its label and what is wrong with it. */
class Field {
  /**
   * @param {string} name
   * @param {{placeholder?: string, choices?: string[], onChange: () => void, number?: () => string}} how `number` is
   *   that of the card whose code this is
   */
  constructor(name, how) {
    this.name = name;
    this.kind = FIELDS[name];
    this.onChange = how.onChange;
    this.number = how.number ?? (() => "");
    /** @type {string | null} The code that is shown. */
    this.shown = null;
    const id = `field-${name}`;
    const choices = how.choices ?? this.kind.choices;
    this.input = choices ? choiceOf(choices) : document.createElement("input");
    this.input.id = id;
    this.input.setAttribute("autocomplete", this.kind.autocomplete);
    if (this.input instanceof HTMLInputElement) {
      this.input.placeholder = how.placeholder ?? this.kind.placeholder ?? "";
      this.input.inputMode = this.kind.inputmode ?? "";
      this.input.spellcheck = false;
    }
    this.error = document.createElement("p");
    this.error.id = `${id}-error`;
    this.error.className = "error";
    this.error.setAttribute("aria-live", "polite");
    const label = document.createElement("label");
    label.htmlFor = id;
    label.textContent = this.kind.label;
    this.element = document.createElement("div");
    this.element.className = `field field-${name}`;
    this.element.append(label, this.input, this.error);
    this.input.addEventListener("input", (event) => this.typed(/** @type {InputEvent} */ (event)));
    this.input.addEventListener("blur", () => this.empty || this.show(this.check()));
  }

  get value() {
    return this.input.value.trim();
  }

  get empty() {
    return this.input instanceof HTMLSelectElement || this.value === "";
  }

  /** @param {string} text */
  fill(text) {
    this.input.value = this.kind.format?.(text, true) ?? text;
    this.show(null);
  }

  /** @param {InputEvent} event */
  typed(event) {
    if (this.kind.format && this.input instanceof HTMLInputElement) {
      const atEnd = this.input.selectionStart === this.input.value.length;
      const text = this.kind.format(this.input.value, !/^delete/.test(event.inputType ?? ""));
      if (atEnd) this.input.value = text;
    }
    const wrong = this.check();
    this.show(wrong?.startsWith("invalid") && !this.empty ? wrong : null);
    this.onChange();
  }

  check() {
    return this.kind.check(this.value, this.number());
  }

  /** @param {string | null} code */
  show(code) {
    if (code === this.shown) return;
    this.shown = code;
    this.error.textContent = code ? MESSAGES[code] : "";
    this.input.setAttribute("aria-invalid", String(code !== null));
    if (code) this.input.setAttribute("aria-describedby", this.error.id);
    else this.input.removeAttribute("aria-describedby");
    this.onChange();
  }
}

/** @param {string[]} codes */
function choiceOf(codes) {
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const options = codes.map((code) => new Option(names.of(code), code)).sort((a, b) => a.text.localeCompare(b.text));
  const select = document.createElement("select");
  select.append(...options);
  select.value = codes.includes(ownCountry()) ? ownCountry() : codes[0];
  return select;
}
