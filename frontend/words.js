/** What the pages say: the result page for each state that it can be in, and the shop. */

const UNCHARGED = "You have not been charged.";
const IF_PAID = "If you have paid, please do not pay again.";
const COME_BACK = "You may close this page and come back to it later.";
const MAIL_COMES = `You will get an email once your payment is confirmed. ${COME_BACK}`;
const DO_NOT_REPEAT = "Please do not pay again.";
const STAYS_PAID = "What you have paid stays paid.";
const REFUND_TIME = "Banks usually take 5 to 10 days to show a refund.";
const DECLINED = "Your payment was declined. Please try another way to pay, or ask your bank.";

const UNPAID_AT_LAST = ["failed", "expired", "canceled"];
const OVER = ["expired", "canceled", "not_payable"];

const KEPT = { form: "Your order is still filled in.", cart: "Your cart is as you left it." };

const ANOTHER_WAY = "Please try another way to pay.";
const LIMIT = `The card's limit does not allow this payment. ${ANOTHER_WAY}`;
const NUMBER = "The card number was not right. Please try again.";
const EXPIRY = "The card's expiry date was not right. Please try again.";
const SECURITY_CODE = "The card's security code was not right. Please try again.";
const WRONG_ADDRESS = "The address is not the one that the bank has. Please try again.";
const NOT_NOW = "The bank could not handle the payment just then. Please try again.";
const NOT_CONFIRMED = "Your bank could not confirm that it was you. Please try again.";
const NOT_SUPPORTED = `This card cannot be used for this payment. ${ANOTHER_WAY}`;

/** By Stripe's codes of declines and errors. What is not here is told as Stripe words it. @type {Record<string, string>} */
const FAILURES = {
  insufficient_funds: `There was not enough money for this payment. ${ANOTHER_WAY}`,
  card_velocity_exceeded: LIMIT,
  withdrawal_count_limit_exceeded: LIMIT,
  expired_card: "The card has expired. Please try another one.",
  incorrect_number: NUMBER,
  invalid_number: NUMBER,
  invalid_expiry_month: EXPIRY,
  invalid_expiry_year: EXPIRY,
  incorrect_cvc: SECURITY_CODE,
  invalid_cvc: SECURITY_CODE,
  incorrect_address: WRONG_ADDRESS,
  incorrect_zip: WRONG_ADDRESS,
  processing_error: NOT_NOW,
  issuer_not_available: NOT_NOW,
  try_again_later: NOT_NOW,
  reenter_transaction: NOT_NOW,
  authentication_not_handled: NOT_CONFIRMED,
  authentication_required: NOT_CONFIRMED,
  mobile_device_authentication_required: NOT_CONFIRMED,
  payment_intent_authentication_failure: NOT_CONFIRMED,
  card_not_supported: NOT_SUPPORTED,
  currency_not_supported: NOT_SUPPORTED,
  not_permitted: NOT_SUPPORTED,
  service_not_allowed: NOT_SUPPORTED,
  transaction_not_allowed: NOT_SUPPORTED,
  duplicate_transaction:
    "The bank has just seen a payment like this one. Please see whether it went through before you try again.",
  // What hides a suspicion reads as what hides none.
  generic_decline: DECLINED,
};

/** A suspicion is between the bank and its customer, whoever words it. */
const SUSPICION = /lost|stolen|fraud|suspect|suspici|pick.?up|restricted|blacklist|security.violation|block|risk/i;

/** Why a payment failed, in a sentence for its customer. @param {{code: string, message: string} | null | undefined} failure */
export function reasonOf(failure) {
  const { code = "", message = "" } = failure ?? {};
  if (SUSPICION.test(code) || SUSPICION.test(message)) return DECLINED;
  return FAILURES[code] || message || DECLINED;
}

/** @type {Record<string, [sign: string, heading: string, message: string, next?: string]>} */
const WORDS = {
  loading: ["waiting", "Looking up your payment\u2026", ""],
  pending: ["waiting", "Confirming your payment\u2026", "This usually takes a few seconds. Please do not close this page."],
  processing: [
    "waiting",
    "Your payment is in progress",
    `We are waiting for your bank, which can take some days. ${DO_NOT_REPEAT}`,
    `You will get an email once it is settled. ${COME_BACK}`,
  ],
  succeeded: ["done", "Payment complete, thank you", "", "A confirmation is on its way to your email address."],
  failed: ["problem", "The payment did not go through", ""],
  expired: ["note", "This checkout is closed", "It was open for too long without a payment, or was called off."],
  canceled: ["note", "This payment was canceled", ""],
  in_review: [
    "note",
    "We are reviewing your payment",
    `Your payment has arrived, and we are looking at it before we confirm it. ${DO_NOT_REPEAT}`,
    "We will write to you by email. You do not need to do anything.",
  ],
  refunded: ["done", "This payment was refunded", "The whole amount is on its way back to you."],
  partially_refunded: ["done", "Part of this payment was refunded", ""],
  left_checkout: [
    "note",
    "You left the checkout",
    "Nothing was charged. You can continue where you left off, or change the order first.",
  ],
  not_payable: [
    "note",
    "This payment can no longer be made here",
    `It was open for too long. ${IF_PAID} If not, you can start again.`,
    MAIL_COMES,
  ],
  not_found: [
    "note",
    "We cannot find this payment",
    "The link may be incomplete. Please open it again from where you got it, or ask us.",
  ],
  gone_quiet: ["note", "We are still waiting for an answer", IF_PAID, MAIL_COMES],
  unreachable: [
    "note",
    "We cannot look up your payment now",
    `The payment service does not answer. Please check your connection. ${STAYS_PAID}`,
  ],
  broken: ["note", "Something went wrong on this page", `Please load it again, or ask us. ${STAYS_PAID}`],
};

const WORDS_FOR_FREE = ["Your order is complete, thank you", "There was nothing to pay."];

/**
 * @param {string} state  a payment's status, or one of the page's own
 * @param {import("./quittance.js").Payment | null} payment  as last seen
 * @param {(sum: import("./quittance.js").Money) => string} money
 * @param {"form" | "cart" | null} kept  what of this tab still holds this order
 */
export function wordsFor(state, payment, money, kept) {
  let [sign, heading, message, next = ""] = WORDS[state] ?? WORDS.gone_quiet;
  const { received = [], returned = [] } = payment ?? {};
  if (state === "succeeded" && received.length) message = `We have received ${received.map(money).join(" and ")}.`;
  if (state === "succeeded" && payment?.order.total === 0) [heading, message] = WORDS_FOR_FREE;
  if (returned.length) {
    const shares = returned.map((sum) => {
      const whole = received.find(({ currency }) => currency === sum.currency);
      return whole && whole.amount > sum.amount ? `${money(sum)} of ${money(whole)}` : money(sum);
    });
    const goes = shares.length > 1 ? "are on their way" : "is on its way";
    const back = `${shares.join(" and ")} ${goes} back to you.`;
    if (state === "succeeded" || state === "partially_refunded") message = `${message} ${back}`.trim();
    next = `${next} ${REFUND_TIME}`.trim();
  }
  if (UNPAID_AT_LAST.includes(state)) {
    const reason = payment?.failure || state === "failed" ? reasonOf(payment?.failure) : "";
    const tried = reason && state !== "failed" ? "The last try did not go through." : "";
    message = [message, tried, reason, UNCHARGED].filter(Boolean).join(" ");
  }
  if (state === "gone_quiet" && payment?.status === "processing") {
    [, heading, message, next] = WORDS.processing;
  } else if (state === "gone_quiet" && payment?.checkoutUrl) {
    message += " If you have not finished paying, you can continue.";
  }
  const isOver = OVER.includes(state) || (state === "failed" && !payment?.payable);
  if (isOver && kept) message += ` ${KEPT[kept]}`;
  return { sign, heading, message, next, isOver };
}

/** Lists of what an order comes to. */
export const SUMS = {
  shipping: "Shipping",
  free: "Free",
  total: "Total",
  each: (/** @type {string} */ unit) => `at ${unit}`,
  included: (/** @type {string} */ tax) => `${tax}, in the total`,
};

/** An order on the result page. */
export const ORDER = {
  order: "Order",
  unnumbered: "Your order",
  notCanceled: "This order could not be canceled: it is being paid, or is over.",
};

/** An address, by the API's names of its parts. @type {any} */
export const ADDRESS = {
  choose: "Choose a country",
  country: "Country",
  name: "Recipient, if it is not you",
  line1: "Street and number",
  line2: "Apartment, floor or the like, if there is one",
  postalCode: "Postal code",
  city: "Town or city",
  region: "State or region, where it is needed",
  errors: { country: "Choose a country.", line1: "Enter the street and number.", city: "Enter the town or city." },
};

/** Orders were sent too often. */
export const tooMany = (/** @type {number} */ seconds) =>
  `Too many tries from your connection; try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;

/** Below the button of an order, by where it is paid: before it is pressed, and after. */
export const LEAVING = {
  hosted: {
    assurance: "You pay on Stripe\u2019s secure page. We never see your card details.",
    wait: "One moment, we are taking you to Stripe\u2019s secure page.",
  },
  embedded: {
    assurance: "You pay on the next page, in a form of Stripe\u2019s. We never see your card details.",
    wait: "One moment, we are taking you to the payment form.",
  },
};

/** The page with the form. */
export const PAY = {
  pay: (/** @type {string} */ amount) => (amount ? `Pay ${amount}` : "Pay"),
  busy: "One moment\u2026",
  paying: "One moment, your payment is being made. Please do not close this page.",
  looking: "One moment, we are looking whether your payment went through.",
  uncharged: UNCHARGED,
  tryAgain: "Try again",
  checkNow: "Check now",
  notPaid: "Your payment did not go through, for the connection broke. Please try again.",
  unknown: `We do not know yet whether your payment went through: the connection broke. ${DO_NOT_REPEAT}`,
  noForm: `The payment form could not be loaded. Please check your connection and try again. ${UNCHARGED}`,
  openedAgain: `Your order had been closed before it was paid, so we have opened it again. ${UNCHARGED}`,
  overAgain: `This order can no longer be paid: it was closed once more. ${UNCHARGED} You can start again.`,
  calledOff: "This order was closed before it was paid: it was called off, or changed in another tab. You can open it again.",
  openAgain: "Open it again",
  closedEarly: `This order is closed: it was called off, or too many tries to pay failed. ${UNCHARGED} You can start again.`,
};

/** The shop. @type {any} */
export const SHOP = {
  add: "Add to cart",
  left: (left) => (left === 0 ? "Sold out" : `${left} left`),
  inCart: (count) => `${count} in your cart`,
  allInCart: (most, isStock) => (isStock ? `There are only ${most}.` : `One order may have at most ${most}.`),
  fullCart: (most) => `One order may have at most ${most} different products.`,
  otherCurrency: (theirs, own) => `Your cart is in ${theirs}, and this is sold in ${own}. Order them one after the other.`,
  emptyFor: "Empty the cart and add this",
  quantity: "Quantity",
  remove: "Remove",
  takeOnly: (most) => `Take ${most}`,
  hindrances: {
    gone: () => "This is not sold any more. Please remove it.",
    sold_out: () => "This is sold out. Please remove it.",
    few_left: (most) => `Only ${most} left.`,
    too_many: (most) => `One order may have at most ${most}.`,
    other_currency: () => "This is sold in another currency. Please remove it, and order it afterwards.",
  },
  nothing: "Nothing is on offer at the moment. Please come back later, or ask us.",
  chooseCountry: "Choose a country to see shipping and tax.",
  adding: "Adding up\u2026",
  pay: (total) => (total ? `Order and pay ${total}` : "Order and pay"),
  order: "Place the order",
  nothingToPay: "There is nothing to pay. You confirm the order on Stripe\u2019s secure page.",
  busy: "One moment\u2026",
  otherBilling: (ships) => (ships ? "Another address for the invoice" : "Put an address on the invoice"),
  uncharged: "You have not been charged.",
  soldOut: "Some of it was sold to others just now. Please look at your cart: it says what is left.",
  lookAtCart: "Something in your cart cannot be ordered as it is. Please put it right there.",
  priceChanged: (total) => `Prices have changed: your order is now ${total}. If that is all right, please order again.`,
  isTheTotal: (total) => `Your order is ${total}. If that is all right, please order again.`,
};

/** A currency in words, in the language of the pages. @param {string} currency */
export const currencyName = (currency) =>
  new Intl.DisplayNames("en", { type: "currency" }).of(currency.toUpperCase()) ?? currency.toUpperCase();
