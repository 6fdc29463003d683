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
export function formatMoney(amount, currency) {
  // For display only: dividing by a power of ten rounds as reading the decimal text would.
  return formatOf(currency).format(amount / 10 ** decimalsOf(currency));
}

/** Minor units as a plain decimal number: (9900, usd) is "99.00". @param {number} amount @param {Currency} currency */
export const decimalText = (amount, currency) => (amount / 10 ** decimalsOf(currency)).toFixed(decimalsOf(currency));

/** @param {Currency} currency @param {"symbol" | "narrowSymbol" | "code"} [currencyDisplay] @param {number} [decimals] */
function formatOf({ currency, locale }, currencyDisplay = "symbol", decimals = decimalsOf({ currency })) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay, ...digits });
}

/** @param {Currency} currency */
function decimalsOf({ currency }) {
  const code = currency.toLowerCase();
  if (NO_DECIMALS.includes(code)) return 0;
  return THREE_DECIMALS.includes(code) ? 3 : 2;
}

/**
 * What someone typed, in minor units: whatever formatMoney writes, and less. Takes digits of any script, the locale's
 * separators, the currency's signs and its code, and the other of "." and "," where it can only be the decimal point
 * (12,5 in English). What could mean two amounts is refused.
 * @param {string} text
 * @param {Currency} currency
 * @throws {AmountError}
 */
export function parseAmount(text, currency) {
  const decimals = decimalsOf(currency);
  const money = separators(formatOf(currency, "symbol", 1));
  const numbers = separators(new Intl.NumberFormat(currency.locale));
  const typed = withoutSigns(plain(text).trim(), currency);
  if (typed === "") throw new AmountError("empty");
  const number = /^\d/.test(typed) ? typed : `0${typed}`;
  const known = [...Object.values(money), ...Object.values(numbers), ...".,'\u2019\u066b\u066c "];
  /** @type {string[]} */
  const marks = number.match(/\D/gu) ?? [];
  if (!/^\d+(\D\d+)*$/u.test(number) || !marks.every((mark) => known.includes(mark))) throw new AmountError("not_a_number");

  const last = marks.at(-1) ?? "";
  const tail = last && number.slice(number.lastIndexOf(last) + last.length);
  const groups = last === money.group || (last === numbers.group && last !== money.point);
  const isGroup = groups && tail.length === 3;
  // Where money is written one way and other numbers another, 1,250 may be either.
  if (isGroup && last === numbers.point && decimals === 3) throw new AmountError("not_a_number");
  const isPoint = [".", ",", "\u066b", money.point, numbers.point].includes(last) && !isGroup;
  const divides = isPoint && marks.indexOf(last) === marks.length - 1;

  const whole = divides ? number.slice(0, -(tail.length + last.length)) : number;
  const fraction = divides ? tail : "";
  if (!/^\d+$|^\d{1,3}(\D)(\d{2,3}\1)*\d{3}$/u.test(whole)) throw new AmountError("not_a_number");
  if (fraction.length > decimals) throw new AmountError("too_many_decimals");
  const digits = (whole.replace(/\D/gu, "") + fraction.padEnd(decimals, "0")).replace(/^0+(?=\d)/, "");
  if (digits.length > 15) throw new AmountError("too_large");
  return Number(digits);
}

/** With Western digits, plain spaces, and nothing invisible. @param {string} text */
function plain(text) {
  const isDigit = (/** @type {number} */ code) => /\p{Nd}/u.test(String.fromCodePoint(code));
  return text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .replace(/\p{Nd}/gu, (digit) => {
      // Unicode has the ten digits of a script in a row.
      const code = digit.codePointAt(0) ?? 0;
      let value = 0;
      while (isDigit(code - value - 1)) value += 1;
      return String(value);
    });
}

/** Without the currency's code and signs before or after the number. @param {string} text @param {Currency} currency */
function withoutSigns(text, currency) {
  for (const display of /** @type {const} */ (["code", "symbol", "narrowSymbol"])) {
    const sign = plain(partOf(formatOf(currency, display), "currency")).trim();
    const is = (/** @type {string} */ part) => sign !== "" && part.toLowerCase() === sign.toLowerCase();
    if (is(text.slice(0, sign.length))) text = text.slice(sign.length).trim();
    else if (is(text.slice(-sign.length))) text = text.slice(0, -sign.length).trim();
  }
  return text;
}

/** @param {Intl.NumberFormat} format */
function separators(format) {
  return { point: plain(partOf(format, "decimal")), group: plain(partOf(format, "group")) };
}

/** @param {Intl.NumberFormat} format @param {"currency" | "decimal" | "group"} type */
function partOf(format, type) {
  return format.formatToParts(1234567.8).find((part) => part.type === type)?.value ?? "";
}
