/** From an order to its payment, the same for every page that orders. */
import { attemptFor, dismiss, forget, opened } from "./order.js";
import { ProblemError, createCheckout, isTemporary } from "./quittance.js";
import { tooMany } from "./words.js";

const ENDED_UNPAID = ["failed", "expired", "canceled"];

/** @param {string} paymentId */
export const resultAddress = (paymentId) => `result.html?paymentId=${encodeURIComponent(paymentId)}`;

/**
 * Sends the visitor where this order's payment is: to its checkout while it can be paid, else to its result. An order
 * whose earlier payment ended unpaid is sent once more, under a new key. If what it replaces was paid meanwhile, that is
 * where the visitor goes.
 * @param {import("./quittance.js").Order} order
 */
export async function goToPayment(order, mayStartOver = true) {
  const attempt = attemptFor(order);
  const { key, replaces } = attempt;
  const startOver = () => {
    forget(key);
    return goToPayment(order, false);
  };
  let checkout;
  try {
    checkout = await createCheckout({ ...order, ...(replaces && { replaces }) }, { idempotencyKey: key });
  } catch (error) {
    // Nothing came of it: what is replaced is looked at anew the next time.
    if (error instanceof ProblemError && !isTemporary(error)) forget(key);
    if (replaces && ["already_paid", "processing"].includes(error.code)) {
      // The payment itself, or what had taken its place, in another tab say: this tab's next order replaces neither.
      dismiss(replaces.paymentId);
      return location.assign(resultAddress(error.paymentId ?? replaces.paymentId));
    }
    if (replaces && cannotBeReplaced(error)) dismiss(replaces.paymentId);
    else if (error.code !== "idempotency_key_reused") throw error;
    if (!mayStartOver) throw error;
    return startOver();
  }
  opened(attempt, checkout);
  if (checkout.url) return location.assign(checkout.url);
  // One that is still pending may have been paid all the same: its result tells.
  if (ENDED_UNPAID.includes(checkout.status)) {
    dismiss(checkout.paymentId);
    if (mayStartOver) return startOver();
  }
  location.assign(resultAddress(checkout.paymentId));
}

/** @param {any} error */
const cannotBeReplaced = ({ errors = [] }) => errors.some(({ field }) => field === "replaces");

/** What went wrong, in a sentence for whoever pressed the button. @param {any} error */
export function whatHappened(error) {
  const answered = error instanceof ProblemError;
  if (!isTemporary(error)) {
    if (answered) return error.message;
    reportError(error);
    return "Something went wrong on this page. Please load it again.";
  }
  if (error.status === 429 && error.retryAfter) return tooMany(error.retryAfter);
  if (answered) return "Payments are not available at this moment. Please wait a little and try again.";
  return "We could not reach the payment service. Please check your connection and try again.";
}
