/**
 * Amounts as people read and type them. Everywhere else an amount is an integer in the currency's minor units
 * (9900 is 99.00 in US dollars, and 9,900 in yen); a text becomes one digit by digit, never through a fraction.
 */

/** @typedef {{currency: string, locale?: string}} Currency  ISO 4217, and BCP 47 or else the visitor's own */

// As the API counts. Browsers have another mind about some: Chromium writes forints without decimals.
const NO_DECIMALS = "bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf";
const THREE_DECIMALS = "bhd jod kwd omr tnd";

/** Why a text is not an amount. */
export class AmountError extends Error {
  /** @param {"empty" | "not_a_number" | "too_many_decimals" | "too_large"} reason */
  constructor(reason) {
    super(reason);
    this.name = "AmountError";
    this.reason = reason;
  }
}

/**
 * Minor units as money in words: (9900, usd) is "$99.00".
 * @param {number} amount
 * @param {Currency} currency
 */
export function formatMoney(amount, { currency, locale }) {
  const decimals = decimalsOf(currency);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  // For display only: dividing by a power of ten rounds as reading the decimal text would.
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...digits }).format(amount / 10 ** decimals);
}

/** @param {string} currency */
function decimalsOf(currency) {
  const code = currency.toLowerCase();
  if (NO_DECIMALS.includes(code)) return 0;
  return THREE_DECIMALS.includes(code) ? 3 : 2;
}

/**
 * What someone typed, in minor units. Takes the locale's digits and separators, the currency's sign or code, and the
 * other of "." and "," where it can only be the decimal point (12,5 in English). What could mean two amounts is refused.
 * @param {string} text
 * @param {Currency} currency
 * @throws {AmountError}
 */
export function parseAmount(text, { currency, locale }) {
  const decimals = decimalsOf(currency);
  const { decimal, group } = separators(locale);
  const typed = westernDigits(text.normalize("NFKC"), locale)
    .replace(/\p{Sc}/u, "")
    .replace(new RegExp(`\\b${currency}\\b`, "i"), "")
    .trim();
  if (typed === "") throw new AmountError("empty");
  const number = typed.replace(/^[.,]/, "0$&");
  if (!/^\d+([.,'’\s\u066b\u066c]\d+)*$/u.test(number)) throw new AmountError("not_a_number");

  /** @type {string[]} */
  const marks = number.match(/\D/g) ?? [];
  const last = marks.at(-1);
  const tail = last === undefined ? "" : number.slice(number.lastIndexOf(last) + 1);
  const otherPoint = (last === "." || last === ",") && !(last === group && tail.length === 3);
  const divides = last !== undefined && marks.indexOf(last) === marks.length - 1 && (last === decimal || otherPoint);

  const whole = divides ? number.slice(0, -tail.length - 1) : number;
  const fraction = divides ? tail : "";
  if (!/^\d+$|^\d{1,3}(\D)(\d{2,3}\1)*\d{3}$/.test(whole)) throw new AmountError("not_a_number");
  if (fraction.length > decimals) throw new AmountError("too_many_decimals");
  const digits = (whole.replace(/\D/g, "") + fraction.padEnd(decimals, "0")).replace(/^0+(?=\d)/, "");
  if (digits.length > 15) throw new AmountError("too_large");
  return Number(digits);
}

/** @param {string} [locale] */
function separators(locale) {
  const parts = new Intl.NumberFormat(locale).formatToParts(1234567.8);
  const mark = (/** @type {string} */ type) => parts.find((part) => part.type === type)?.value;
  return { decimal: mark("decimal") ?? ".", group: mark("group") };
}

/** @param {string} text @param {string} [locale] */
function westernDigits(text, locale) {
  const digits = new Intl.NumberFormat(locale, { useGrouping: false, minimumIntegerDigits: 10 }).format(123456789);
  return text.replace(/\p{Nd}/gu, (digit) => {
    const value = [...digits].indexOf(digit);
    return value < 0 ? digit : String(value);
  });
}
