/** What is wrong with a field, in words for the customer, by Stripe's code for it. @type {Record<string, string>} */
const MESSAGES = {
  incomplete_number: "Your card number is incomplete.",
  invalid_number: "Your card number is invalid.",
  incomplete_expiry: "Your card's expiration date is incomplete.",
  invalid_expiry_month: "Your card's expiration date is invalid.",
  invalid_expiry_month_past: "Your card's expiration date is in the past.",
  invalid_expiry_year_past: "Your card's expiration year is in the past.",
  invalid_expiry_year: "Your card's expiration year is invalid.",
  incomplete_cvc: "Your card's security code is incomplete.",
  incomplete_zip: "Your postal code is incomplete.",
  incomplete_iban: "Your IBAN is incomplete.",
  invalid_iban: "Your IBAN is invalid.",
  incomplete_name: "Your name is incomplete.",
  incomplete_email: "Your email is incomplete.",
  incomplete_phone: "Your phone number is incomplete.",
  incomplete_address: "This part of your address is incomplete.",
  incomplete_payment_details: "Please choose a payment method.",
};

/** @param {string} code */
function validationError(code) {
  return { type: "validation_error", code, message: MESSAGES[code] };
}

/** By how a number begins: brand, its digits, those of its security code. @type {[RegExp, string, number, number][]} */
const BRANDS = [
  [/^4/, "visa", 16, 3],
  [/^(5[1-5]|2[2-7])/, "mastercard", 16, 3],
  [/^3[47]/, "amex", 15, 4],
  [/^(6011|64[4-9]|65)/, "discover", 16, 3],
  [/^3(0|6|8|9)/, "diners", 14, 3],
  [/^35/, "jcb", 16, 3],
  [/^62/, "unionpay", 16, 3],
];

/** @param {string} number */
function brandOf(number) {
  const [, name, length, cvc] = BRANDS.find(([begins]) => begins.test(number)) ?? [null, "unknown", 16, 3];
  return { name, length, cvc };
}

/** @param {string} text */
function digitsOf(text) {
  return text.replace(/\D/g, "");
}

/** @param {string} number */
function passesLuhn(number) {
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (1 + (place % 2));
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** @param {string} text @returns {string | null} */
function checkNumber(text) {
  const number = digitsOf(text);
  if (number.length < brandOf(number).length) return "incomplete_number";
  return passesLuhn(number) ? null : "invalid_number";
}

/** @param {string} text @returns {string | null} */
function checkExpiry(text) {
  const typed = digitsOf(text);
  if (typed.length < 4) return "incomplete_expiry";
  const { month, year } = readExpiry(text);
  const now = new Date();
  if (month < 1 || month > 12) return "invalid_expiry_month";
  if (year < now.getFullYear()) return "invalid_expiry_year_past";
  if (year === now.getFullYear() && month < now.getMonth() + 1) return "invalid_expiry_month_past";
  return year > now.getFullYear() + 50 ? "invalid_expiry_year" : null;
}

/** @param {string} text @param {string} number the card's, which tells how long its code is @returns {string | null} */
function checkCvc(text, number) {
  return text.length < brandOf(digitsOf(number)).cvc ? "incomplete_cvc" : null;
}

/** @param {string} text */
function readExpiry(text) {
  const typed = digitsOf(text);
  return { month: Number(typed.slice(0, 2)), year: 2000 + Number(typed.slice(-2)) };
}

/** @param {string} text */
function formatNumber(text) {
  const number = digitsOf(text).slice(0, 19);
  const groups =
    brandOf(number).name === "amex"
      ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/
      : /(\d{1,4})(\d{1,4})?(\d{1,4})?(\d{1,4})?(\d{1,3})?/;
  return (groups.exec(number) ?? []).slice(1).filter(Boolean).join(" ");
}

/** @param {string} text @param {boolean} typing whether a character was added, not taken away */
function formatExpiry(text, typing) {
  const typed = digitsOf(/^[2-9]/.test(text) ? `0${text}` : text.replace(/^(\d)\s*\//, "0$1"));
  // A browser fills in four digits of the year.
  const short = typed.length === 6 ? typed.slice(0, 2) + typed.slice(4) : typed.slice(0, 4);
  if (short.length < 2 || (short.length === 2 && !typing)) return short;
  return `${short.slice(0, 2)} / ${short.slice(2)}`;
}

/** @param {string} text */
function compactIban(text) {
  return text.replace(/\s/g, "").toUpperCase();
}

/** @param {string} text @returns {string | null} */
function checkIban(text) {
  const iban = compactIban(text);
  if (iban.length < 15) return "incomplete_iban";
  if (!/^[A-Z]{2}\d\d[A-Z0-9]+$/.test(iban)) return "invalid_iban";
  const number = [...(iban.slice(4) + iban.slice(0, 4))].map((each) => parseInt(each, 36)).join("");
  return [...number].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1 ? null : "invalid_iban";
}

/** @param {string} text @returns {string | null} */
function checkEmail(text) {
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? null : "incomplete_email";
}

/** @param {string} code @returns {(text: string) => string | null} */
function required(code) {
  return (text) => (text.trim() ? null : code);
}
