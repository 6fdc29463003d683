/**
 * The orders of this tab, so that a double click, a reload, the back button or a second thought never leaves two
 * payments for one order: the Idempotency-Key that each was sent under, its payment and the right to act on that, which
 * of them is open, and the payment page's form as last typed.
 */
import { newIdempotencyKey } from "./quittance.js";
import { recall, remember } from "./tab.js";

// Someone who changes the order and changes it back gets the first checkout again.
const MOST_ATTEMPTS = 10;

/**
 * draft: the fields as typed, and the paymentId of the order that they became; attempts: {order, way, by, card, key, replaces,
 * paymentId, accessKey, isCart}, without order and key once they are not to be sent again, `by` being the sub of who is
 * signed in, `card` the saved one that it is to be paid with, `isTried` once that was tried, `received` once there was money, `isCalledOff` once whoever ordered did not want it any more, and `isRenewal` if
 * it is an order whose time was over;
 * open: {paymentId, accessKey, items} of the payment that may still be paid; paid: the id of the payment completed last;
 * keys: the access keys of payments that were listed to who is signed in.
 */
export const savedDraft = () => recall().draft;

/** As it is typed now: no payment's any more. */
export const saveDraft = (draft) => remember({ draft: { ...draft, paymentId: undefined } });

/** The payment this tab completed last, until the next order is sent. */
export const lastPaid = () => recall().paid;

/** What this tab's open payment has set aside, as [{sku, quantity}]: to whoever replaces it, that is free. */
export const itemsHeld = () => recall().open?.items ?? [];

/** Of this product it is counted no longer, for somebody else has done so. @param {string} sku */
export function releaseHeld(sku) {
  const { open } = recall();
  if (open) remember({ open: { ...open, items: open.items.filter((item) => item.sku !== sku) } });
}

/** The right to act on a payment that was ordered in this tab, or by who is signed in here. @param {string} paymentId */
export const accessKeyOf = (paymentId) => attemptOf(paymentId)?.accessKey ?? recall().keys[paymentId];

/** Takes note of the rights that somebody who is signed in has. @param {{paymentId: string, accessKey: string}[]} payments */
export function keepKeys(payments) {
  const keys = Object.fromEntries(payments.map(({ paymentId, accessKey }) => [paymentId, accessKey]));
  remember({ keys: { ...recall().keys, ...keys } });
}

/** The order that a payment was made for. @param {string} paymentId */
export const attemptOf = (paymentId) => recall().attempts.find((attempt) => attempt.paymentId === paymentId);

/** Where a payment was ordered: in the shop or on the payment page. */
export function isOfShop({ paymentId, order, serviceType }) {
  const attempt = attemptOf(paymentId);
  return attempt ? Boolean(attempt.isCart) : !serviceType || order.lines.length > 1 || order.shipping !== null;
}

/** What still holds what was ordered with this payment: the "form", the "cart", or nothing. */
export function keptIn(paymentId) {
  if (savedDraft()?.paymentId === paymentId) return "form";
  return attemptOf(paymentId)?.isCart && recall().cart.length > 0 ? "cart" : null;
}

/** Whether it can be sent again from here, so that its payment goes on. @param {string} paymentId */
export const isKeptHere = (paymentId) => Boolean(attemptOf(paymentId)?.key);

/**
 * The key to send an order under, and what it replaces: the same for the same order, way to pay, person and card, anew
 * for another.
 * @param {"hosted" | "embedded"} way @param {string} by  the sub of who is signed in, empty for nobody
 * @param {string} [card]  the id of a saved one
 */
export function attemptFor(order, way, by, card) {
  const text = JSON.stringify(order);
  const { attempts, open } = recall();
  const isIt = (each) => each.order === text && each.way === way && each.by === by && each.card === card;
  const known = attempts.find(isIt);
  return known ?? begin({ order: text, way, by, card, isCart: "items" in order }, open);
}

/** The same order once more, in the place of the payment that came of it and can no longer be paid. */
export function renewalOf({ order, way, by, paymentId, accessKey, isCart }) {
  const isIt = (attempt) => attempt.isRenewal && attempt.replaces.paymentId === paymentId;
  return recall().attempts.find(isIt) ?? begin({ order, way, by, isCart, isRenewal: true }, { paymentId, accessKey });
}

function begin(what, before) {
  const replaces = before && { paymentId: before.paymentId, accessKey: before.accessKey };
  const attempt = { ...what, key: newIdempotencyKey(), replaces };
  remember({ attempts: [...recall().attempts, attempt].slice(-MOST_ATTEMPTS), paid: null });
  return attempt;
}

/** Changes the attempts that `isMeant`. */
function change(isMeant, how) {
  remember({ attempts: recall().attempts.map((attempt) => (isMeant(attempt) ? how(attempt) : attempt)) });
}

/** Takes note of the payment that an order became. What it replaced is over. */
export function opened({ key, order, replaces, isCart }, { paymentId, accessKey }) {
  if (replaces) callOff(replaces.paymentId);
  change((attempt) => attempt.key === key, (attempt) => ({ ...attempt, paymentId, accessKey }));
  remember({ open: { paymentId, accessKey, items: JSON.parse(order).items ?? [] } });
  if (!isCart) remember({ draft: { ...savedDraft(), paymentId } });
}

const closed = ({ order, key, replaces, ...kept }) => kept;

/** Takes note that its saved card was tried: a second time is for the customer to say. @param {string} paymentId */
export function tryCard(paymentId) {
  change((attempt) => attempt.paymentId === paymentId, (each) => ({ ...each, isTried: true }));
}

/** Takes note that this tab's customer had it closed: Stripe says of such a checkout that it has expired. */
export function callOff(paymentId) {
  change((attempt) => attempt.paymentId === paymentId, (each) => ({ ...closed(each), isCalledOff: true }));
}

/** @param {string} paymentId */
export const isCalledOff = (paymentId) => Boolean(attemptOf(paymentId)?.isCalledOff);

/** The same order is a new payment the next time. */
export function forget(key) {
  change((attempt) => attempt.key === key, closed);
  remember({ attempts: recall().attempts.filter(({ key: kept, paymentId }) => kept || paymentId) });
}

/** A payment that is over, or not this customer's to act on, is not replaced any more. */
export function dismiss(paymentId) {
  if (recall().open?.paymentId === paymentId) remember({ open: null });
}

export const UNPAID = ["pending", "failed", "expired", "canceled"];

/**
 * Takes note of how a payment stands. One that can no longer be paid frees its key; one that was paid takes the form's
 * content or the cart along, so that going back to the page and pressing the button does not buy the same thing twice.
 */
export function settle({ paymentId, status, payable }) {
  if (payable) return;
  if (status !== "pending") dismiss(paymentId);
  const isMeant = (attempt) => attempt.paymentId === paymentId && !attempt.received;
  const attempt = recall().attempts.find(isMeant);
  if (!attempt || (status === "processing" && !attempt.isCart)) return;
  const received = !UNPAID.includes(status);
  change(isMeant, (each) => ({ ...closed(each), received }));
  if (received) remember(attempt.isCart ? { cart: [], shop: null } : { draft: null, paid: paymentId });
}
