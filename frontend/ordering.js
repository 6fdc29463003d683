/** From an order to its payment, the same for every page that orders. */
import { ACCOUNT } from "./account-words.js";
import { config } from "./config.js";
import { SignInError } from "./issuer.js";
import { attemptFor, callOff, dismiss, forget, isKeptHere, opened } from "./order.js";
import { ProblemError, cancelPayment, createCheckout, createPaymentIntent, isTemporary } from "./quittance.js";
import { SignedOutError, asSignedIn, token, who } from "./session.js";
import { webAddress } from "./site.js";
import { remember } from "./tab.js";
import { tooMany } from "./words.js";

const ENDED_UNPAID = ["failed", "expired", "canceled"];

/** @param {string} paymentId */
export const resultAddress = (paymentId) => `result.html?paymentId=${encodeURIComponent(paymentId)}`;

/** Where a payment of this tab is paid in a form on the page. @param {string} paymentId */
export const payAddress = (paymentId) => `pay.html?paymentId=${encodeURIComponent(paymentId)}`;

/**
 * Where a payment can go on; a form on a page needs the order, which is in the tab that it was made in.
 * @param {{paymentId: string, paidBy: "hosted" | "embedded", checkoutUrl: string | null}} payment
 */
export function payingAddress({ paymentId, paidBy, checkoutUrl }) {
  if (paidBy === "embedded") return isKeptHere(paymentId) ? payAddress(paymentId) : null;
  return webAddress(checkoutUrl);
}

/**
 * Sends the visitor where this order is paid, or to its result.
 * @param {import("./quittance.js").Order} order
 * @param {{way?: "hosted" | "embedded", card?: string}} [how]  card: the id of a saved one, for a form on the page
 */
export async function goToPayment(order, { way = wayFor(order), card } = {}) {
  const by = who().sub;
  // Whose sign-in has just ended has no cards any more.
  location.assign(await place(attemptFor(order, way, by, by && way === "embedded" ? card : undefined)));
}

/** What config.js wants. @type {"hosted" | "embedded"} */
export const usualWay = config.payment === "embedded" ? "embedded" : "hosted";

/** No form on a page takes 0, and its page needs the order, which only the tab remembers. */
const wayFor = ({ total, amount }) => ((total ?? amount) !== 0 && remember({}) ? usualWay : "hosted");

/**
 * Sends an order. Sent again, it is the same payment, as it stands by then.
 * @returns {Promise<any>} a Checkout or a PaymentIntent, by the way to pay
 */
export async function send({ order, way, by, card, key, replaces }) {
  // Another's token would make it another's order.
  if (by && who().sub !== by) throw new SignedOutError();
  const create = way === "embedded" ? createPaymentIntent : createCheckout;
  const sent = { ...JSON.parse(order), ...(replaces && { replaces }), ...(card && { paymentMethodId: card }) };
  return asSignedIn(create(sent, { idempotencyKey: key, ...(by && { token }) }));
}

/**
 * Where to go with an order: where it is paid while it can be, else to its result. One whose earlier payment ended unpaid
 * is sent once more, under a new key. If what it replaces was paid meanwhile, that is where to go.
 * @returns {Promise<string>} the address
 */
export async function place(attempt, mayStartOver = true) {
  const { order, way, by, card, key, replaces } = attempt;
  const startOver = () => {
    forget(key);
    return place(attemptFor(JSON.parse(order), way, by, card), false);
  };
  let placed;
  try {
    placed = await send(attempt);
  } catch (error) {
    // Nothing came of it: what is replaced is looked at anew the next time.
    if (error instanceof ProblemError && !isTemporary(error)) forget(key);
    if (replaces && ["already_paid", "processing"].includes(error.code)) {
      // The payment itself, or what had taken its place, in another tab say: this tab's next order replaces neither.
      dismiss(replaces.paymentId);
      return resultAddress(error.paymentId ?? replaces.paymentId);
    }
    if (replaces && cannotBeReplaced(error)) dismiss(replaces.paymentId);
    else if (error.code !== "idempotency_key_reused") throw error;
    if (!mayStartOver) throw error;
    return startOver();
  }
  opened(attempt, placed);
  if (placed.url) return placed.url;
  if (placed.clientSecret) return payAddress(placed.paymentId);
  // One that is still pending may have been paid all the same: its result tells.
  if (ENDED_UNPAID.includes(placed.status)) {
    // Another tab may have put an order in its place, which the new one replaces then.
    if (mayStartOver) return startOver();
    dismiss(placed.paymentId);
  }
  return resultAddress(placed.paymentId);
}

/**
 * Has a payment closed that is not wanted any more. Throws as cancelPayment does.
 * @returns {Promise<import("./quittance.js").Payment>}
 */
export async function cancelOrder({ paymentId, accessKey }) {
  const closed = await cancelPayment(paymentId, { accessKey });
  callOff(paymentId);
  return closed;
}

/** @param {any} error */
const cannotBeReplaced = ({ errors = [] }) => errors.some(({ field }) => field === "replaces");

/** What went wrong, in a sentence for whoever pressed the button. @param {any} error */
export function whatHappened(error) {
  if (error instanceof SignedOutError) return ACCOUNT.endedInOrder;
  if (error instanceof SignInError) return error.message;
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
