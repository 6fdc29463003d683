/**
 * Amounts as people read and type them. Everywhere else an amount is an integer in the currency's minor units
 * (9900 is 99.00 in US dollars, and 9,900 in yen); a text becomes one digit by digit, never through a fraction.
 */

/**
 * @typedef {{currency: string, minorUnits?: number, locale?: string}} Currency
 *   ISO 4217 code, its decimals (2 for usd, 0 for jpy; a product tells, and left out, the browser's own knowledge stands
 *   in), and the BCP 47 tag to write it in: the visitor's own if left out
 */

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
 * @returns {string}
 */
export function formatMoney(amount, { currency, minorUnits, locale }) {
  const style = /** @type {const} */ ("currency");
  const decimals = { minimumFractionDigits: minorUnits, maximumFractionDigits: minorUnits };
  const format = new Intl.NumberFormat(locale, { style, currency: currency.toUpperCase(), ...decimals });
  // For display only: dividing by a power of ten rounds as reading the decimal text would.
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/**
 * What someone typed, in minor units. Takes the locale's digits and separators, the currency's sign or code, and the
 * other of "." and "," where it can only be the decimal point (12,5 in English). What could mean two amounts is refused.
 * @param {string} text
 * @param {Currency & {minorUnits: number}} currency
 * @returns {number}
 * @throws {AmountError}
 */
export function parseAmount(text, { currency, minorUnits, locale }) {
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
  if (fraction.length > minorUnits) throw new AmountError("too_many_decimals");
  const digits = (whole.replace(/\D/g, "") + fraction.padEnd(minorUnits, "0")).replace(/^0+(?=\d)/, "");
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
