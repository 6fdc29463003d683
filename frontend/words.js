/** What the result page says, for each state that it can be in. */

/** @typedef {import("./quittance.js").Payment} Payment */

const UNCHARGED = "You have not been charged.";
const DO_NOT_REPEAT = "Please do not pay again.";
const REFUND_TIME = "Banks usually take 5 to 10 days to show a refund.";
const DECLINED = "Your payment was declined. Please try another way to pay, or ask your bank.";

const OVER = ["expired", "canceled", "not_payable"];

/** @type {Record<string, string>} */
const FAILURES = {
  insufficient_funds: "There was not enough money for this payment. Please try another way to pay.",
  expired_card: "The card has expired. Please try another one.",
  payment_intent_authentication_failure: "Your bank could not confirm that it was you. Please try again.",
  // A bank's suspicion is between the bank and its customer.
  fraudulent: DECLINED,
  lost_card: DECLINED,
  stolen_card: DECLINED,
};

/** @type {Record<string, [sign: string, heading: string, message: string, next?: string]>} */
const WORDS = {
  loading: ["waiting", "Looking up your payment\u2026", ""],
  pending: ["waiting", "Confirming your payment\u2026", "This usually takes a few seconds. Please do not close this page."],
  processing: [
    "waiting",
    "Your payment is in progress",
    `We are waiting for your bank, which can take some days. ${DO_NOT_REPEAT}`,
    "You will get an email once it is settled. You may close this page and come back to it later.",
  ],
  succeeded: ["done", "Payment complete, thank you", "", "A confirmation is on its way to your email address."],
  failed: ["problem", "The payment did not go through", ""],
  expired: ["note", "This checkout has expired", `It was open for too long without a payment. ${UNCHARGED}`],
  canceled: ["note", "This payment was canceled", UNCHARGED],
  in_review: [
    "note",
    "We are reviewing your payment",
    `Your payment has arrived, and we are looking at it before we confirm it. ${DO_NOT_REPEAT}`,
    "We will write to you by email. You do not need to do anything.",
  ],
  refunded: ["done", "This payment was refunded", "The whole amount is on its way back to you.", REFUND_TIME],
  partially_refunded: ["done", "Part of this payment was refunded", "", REFUND_TIME],
  left_checkout: [
    "note",
    "You left the checkout",
    "Nothing was charged. You can continue where you left off, or change the order first.",
  ],
  not_payable: [
    "note",
    "This payment can no longer be made here",
    "It was open for too long. If you have already paid, please do not pay again: you will get an email once your " +
      "payment is confirmed. If you have not, nothing was charged.",
  ],
  not_found: [
    "note",
    "We cannot find this payment",
    "The link may be incomplete. Please open it again from where you got it, or ask us.",
  ],
  gone_quiet: [
    "note",
    "We are still waiting for an answer",
    "If you have paid, please do not pay again.",
    "You will get an email once your payment is confirmed. You may close this page and come back to it later.",
  ],
  unreachable: [
    "note",
    "We cannot look up your payment now",
    "The payment service does not answer. Please check your connection. What you have paid stays paid.",
  ],
};

/**
 * @param {string} state  a payment's status, or one of the page's own
 * @param {Payment | null} payment  as last seen
 * @param {(amount: number) => string} money
 * @param {boolean} isFilledIn  whether this tab still has an order's form
 * @returns `isOver`: there is nothing left but to start again
 */
export function wordsFor(state, payment, money, isFilledIn) {
  let [sign, heading, message, next = ""] = WORDS[state] ?? WORDS.gone_quiet;
  if (payment && state === "succeeded") message = `We have received ${money(payment.amount)}.`;
  if (payment && state === "partially_refunded") {
    message = `${money(payment.amountRefunded)} of ${money(payment.amount)} is on its way back to you.`;
  }
  if (state === "failed") {
    const failure = payment?.failure;
    message = `${FAILURES[failure?.code ?? ""] ?? (failure?.message || DECLINED)} ${UNCHARGED}`;
  }
  if (state === "gone_quiet" && payment?.status === "processing") {
    [, heading, message, next] = WORDS.processing;
  } else if (state === "gone_quiet" && payment?.payable) {
    message += " If you have not finished paying, you can continue.";
  }
  const isOver = OVER.includes(state) || (state === "failed" && !payment?.payable);
  if (isOver && isFilledIn) message += " Your order is still filled in if you would like to start again.";
  return { sign, heading, message, next, isOver };
}
