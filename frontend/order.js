/**
 * What this tab remembers, so that a double click, a reload or the back button never opens a second checkout for one
 * order: the Idempotency-Key that each order was sent under, its payment and the right to act on that, and the form as
 * last typed. It ends with the tab (sessionStorage). No card data is ever here.
 */
import { newIdempotencyKey } from "./quittance.js";

const STORE = "quittance";
// Someone who changes the order and changes it back gets the first checkout again.
const MOST_ATTEMPTS = 10;

/**
 * draft: the fields as typed, and the paymentId of the order that they became; attempts: {order, key, paymentId, accessKey}, without order and key once they are not
 * to be sent again, and `received` once there was money; paid: the id of the payment completed last.
 * Stands in where the browser refuses storage: a double click is covered then, a reload is not.
 * @type {any}
 */
let memory = { draft: null, attempts: [], paid: null };

function recall() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    if (stored) memory = stored;
  } catch {
    // Refused or garbled: what is in memory stands, here and below.
  }
  return memory;
}

function remember(changes) {
  memory = { ...recall(), ...changes };
  try {
    sessionStorage.setItem(STORE, JSON.stringify(memory));
  } catch {
    // Refused or full.
  }
}

export const savedDraft = () => recall().draft;

/** As it is typed now: no payment's any more. */
export const saveDraft = (draft) => remember({ draft: { ...draft, paymentId: undefined } });

/** Whether the form still holds what was ordered with this payment. */
export const isFilledIn = (paymentId) => savedDraft()?.paymentId === paymentId;

/** The payment this tab completed last, until the next order is sent. */
export const lastPaid = () => recall().paid;

/** The key to send an order under: the same for the same order, a new one for another. */
export function keyFor(order) {
  const text = JSON.stringify(order);
  const { attempts } = recall();
  const known = attempts.find((attempt) => attempt.order === text);
  if (known) return known.key;
  const key = newIdempotencyKey();
  remember({ attempts: [...attempts, { order: text, key }].slice(-MOST_ATTEMPTS), paid: null });
  return key;
}

/** Changes the attempts that `isMeant`. */
function change(isMeant, how) {
  remember({ attempts: recall().attempts.map((attempt) => (isMeant(attempt) ? how(attempt) : attempt)) });
}

export function opened(key, { paymentId, accessKey }) {
  change((attempt) => attempt.key === key, (attempt) => ({ ...attempt, paymentId, accessKey }));
  remember({ draft: { ...savedDraft(), paymentId } });
}

const closed = ({ paymentId, accessKey }) => ({ paymentId, accessKey });

/** The same order is a new payment the next time. */
export const forget = (key) => change((attempt) => attempt.key === key, closed);

export const UNPAID = ["pending", "failed", "expired", "canceled"];

/**
 * Takes note of how a payment stands. One that can no longer be paid frees its key; one that was paid takes the form's
 * content along, so that going back to the page and pressing the button does not buy the same thing twice.
 */
export function settle({ paymentId, status, payable }) {
  const isMeant = (attempt) => attempt.paymentId === paymentId && !attempt.received;
  if (payable || status === "processing" || !recall().attempts.some(isMeant)) return;
  const received = !UNPAID.includes(status);
  change(isMeant, (attempt) => ({ ...closed(attempt), received }));
  if (received) remember({ draft: null, paid: paymentId });
}
