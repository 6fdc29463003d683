/**
 * The payments API for a web page: list what can be bought and what it costs, order it, watch a payment.
 * docs/pages.md shows how.
 * Amounts are integers in the currency's minor units; money.js turns them into text and back. Every call may throw a
 * ProblemError or an UnreachableError.
 */
import { config } from "./config.js";

/**
 * @typedef {{sku: string, name: string, currency: string, minorUnits: number, description: string,
 *   image: string | null, ships: boolean, most: number, left: number | null}
 *   & ({kind: "fixed", price: {amount: number}} | {kind: "open", price: {min: number, max: number}})} Product
 *   image: an https address, or a path of the pages; most: how many an order may have; left: null where it is not sold
 *   from stock
 */

/** @typedef {{sku: string, quantity: number}[]} Items  at most 25 products, of one currency and with a fixed price */

/**
 * @typedef {{name: string, line1: string, line2?: string, city: string, region?: string, postalCode?: string,
 *   country: string}} Address  country: ISO 3166-1
 */

/**
 * @typedef {{name: string, email: string, metadata?: Record<string, string>,
 *   replaces?: {paymentId: string, accessKey: string}}
 *   & ({serviceType: string, amount?: number, currency?: string}
 *   | {items: Items, address?: Address, billingAddress?: Address, note?: string, total?: number,
 *   currency?: string})} Order
 *   serviceType: a product's sku; amount: may be left out for a fixed price, and must be that price where it is sent;
 *   address: where something of it ships; total and currency: what the customer was told, refused if it is not what it costs;
 *   replaces: an open payment of this customer's, which is closed first
 */

/**
 * @typedef {{paymentId: string, sessionId: string, url: string | null, status: PaymentStatus, expiresAt: string,
 *   accessKey: string, order: PlacedOrder}} Checkout
 *   url: the hosted checkout page, null once it can no longer be paid; status: "pending", or how the payment stands if
 *   the key was used before; accessKey: the right to act on the payment, for no address and no log
 */

/**
 * @typedef {{paymentId: string, clientSecret: string | null, publishableKey: string,
 *   customerSessionClientSecret: string | null, paymentMethodId: string | null, status: PaymentStatus, expiresAt: string, accessKey: string,
 *   order: PlacedOrder}} PaymentIntent
 *   clientSecret: what Stripe.js confirms the payment with, null once it can no longer be paid; keep it nowhere, for the
 *   same call answers it again; publishableKey: what Stripe.js is called with; customerSessionClientSecret: with it the
 *   form shows the saved cards of whoever is signed in
 */

/**
 * @typedef {"pending" | "processing" | "succeeded" | "failed" | "expired" | "canceled"
 *   | "refunded" | "partially_refunded" | "in_review"} PaymentStatus
 */

/** @typedef {{amount: number, currency: string}} Money */

/**
 * @typedef {{number: string | null, lines: {sku: string, name: string, quantity: number, unit: number}[],
 *   shipping: {amount: number} | null, tax: {name: string, amount: number, inclusive: boolean}[], total: number}}
 *   PlacedOrder
 */

/** @typedef {PlacedOrder & {currency: string}} Quote  what an order would cost; its number is null */

/**
 * @typedef {{paymentId: string, status: PaymentStatus, final: boolean, payable: boolean, amount: number,
 *   amountRefunded: number, currency: string, received: Money[], returned: Money[], paidBy: "hosted" | "embedded",
 *   paidAt: string | null, order: PlacedOrder, serviceType: string, transactionId: string | null,
 *   receiptUrl: string | null, invoiceNumber: string | null, checkoutUrl: string | null,
 *   failure: {code: string, message: string} | null, dispute: "open" | "won" | "lost" | null, createdAt: string,
 *   updatedAt: string}} Payment
 *   payable: now, at checkoutUrl, after a failure too; received, returned: a sum for each currency;
 *   amountRefunded: what went back beyond what was paid in excess
 */

/**
 * @typedef {string | ((refused?: string) => Promise<string>)} Token
 *   An access token, or what gives one; a function is asked once more if the API refuses what it gave, and is told that.
 */

/**
 * @typedef {{signal?: AbortSignal, apiOrigin?: string, token?: Token}} CallOptions
 *   apiOrigin: instead of the one in config.js; token: of whoever asks
 */

/**
 * @typedef {{interval?: number, maxPolls?: number, refreshAt?: number[], onStatus?: (payment: Payment) => void,
 *   onTrouble?: (error: any, failures: number) => void}} WatchOptions
 *   interval: milliseconds, five times as many while the tab is hidden; refreshAt: when Stripe is asked too, in
 *   milliseconds from the beginning; onStatus: after every look, changed or not; onTrouble: after a look that failed
 *   for now, so many in a row
 */

/** The API answered, and said no: an RFC 9457 problem document. */
export class ProblemError extends Error {
  /** @param {number} status @param {Record<string, any>} problem @param {number} retryAfter  seconds; 0: the API did not say */
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `The payments API answered ${status}.`);
    this.name = "ProblemError";
    this.status = status;
    /** @type {string | undefined} */
    this.code = problem.code;
    /** @type {{field: string, detail: string, sku?: string, left?: number}[]} sku and left where something is sold out */
    this.errors = problem.errors ?? [];
    /** @type {PlacedOrder | undefined} what the order would cost now, where prices have changed */
    this.order = problem.order;
    /** @type {string | undefined} the payment that was made instead, where what was to be replaced is paid */
    this.paymentId = problem.paymentId;
    this.requestId = problem.requestId;
    this.retryAfter = retryAfter;
    this.temporary = status >= 500 || status === 429;
  }
}

/** No answer: offline, the API is down, the wait was too long, or what came was not the API's. */
export class UnreachableError extends Error {
  constructor(/** @type {unknown} */ cause) {
    super("The payments API could not be reached.", { cause });
    this.name = "UnreachableError";
    this.temporary = true;
  }
}

// The API gives up before 29 s; a browser that gave up earlier would not learn of the session it opened.
const CHECKOUT_TIMEOUT = 30_000;
const READ_TIMEOUT = 10_000;
const LONGEST_BACKOFF = 15_000;
const HIDDEN_TAB_FACTOR = 5;
const REFRESH_AT = [5000, 20_000];
// Stripe is asked at most once in ten seconds a payment: by the last of these looks it may be asked again.
const RECEIPT_LOOKS = 6;

/** @param {CallOptions} [options] @returns {Promise<Product[]>} what can be bought */
export async function listProducts(options) {
  return (await call("/products", READ_TIMEOUT, options)).products;
}

/**
 * What an order would cost now, with shipping and tax. Nothing is kept of it.
 * @param {{items: Items, address?: {country: string}}} cart  without an address where nothing of it ships
 * @param {CallOptions} [options]
 * @returns {Promise<Quote>}
 */
export const quote = (cart, options) => call("/quotes", READ_TIMEOUT, options, posting(cart));

/**
 * Opens a checkout. With the same key and the same order, again and again, the answer is the same checkout. With a token
 * it is an order of whoever is signed in.
 * @param {Order} order
 * @param {CallOptions & {idempotencyKey?: string}} [options]
 * @returns {Promise<Checkout>}
 */
export const createCheckout = (order, options) => place("/checkout-sessions", order, options);

/**
 * Orders the same, to be paid in a form on the page. With the same key and the same order, again and again, the answer is
 * the same payment and its secret, as it stands at Stripe by then.
 * @param {Order} order  that costs something
 * @param {CallOptions & {idempotencyKey?: string}} [options]
 * @returns {Promise<PaymentIntent>}
 */
export const createPaymentIntent = (order, options) => place("/payment-intents", order, options);

/** @param {string} path @param {Order} order @param {CallOptions & {idempotencyKey?: string}} [options] */
function place(path, order, { idempotencyKey, ...options } = {}) {
  const headers = idempotencyKey && { "Idempotency-Key": idempotencyKey };
  return call(options.token ? `/me${path}` : path, CHECKOUT_TIMEOUT, options, posting(order, headers));
}

/**
 * Closes a payment that was not made, so that nobody can make it any more. Throws a ProblemError of code not_cancelable
 * where it was made meanwhile.
 * @param {string} paymentId
 * @param {CallOptions & {accessKey: string}} options
 * @returns {Promise<Payment>}
 */
export function cancelPayment(paymentId, { accessKey, ...options }) {
  const path = `/payments/${encodeURIComponent(paymentId)}/cancel`;
  return call(path, CHECKOUT_TIMEOUT, options, posting({ accessKey }));
}

/** Where the invoice is, a PDF. It has the right to act on the payment in it, and is for this customer alone. */
export function invoiceAddress(/** @type {string} */ paymentId, /** @type {string} */ accessKey) {
  return apiAddress(`/payments/${encodeURIComponent(paymentId)}/invoice.pdf?key=${encodeURIComponent(accessKey)}`);
}

/** @param {string} paymentId @param {CallOptions} [options] @returns {Promise<Payment>} how it stands now */
export function getPayment(paymentId, options) {
  return call(`/payments/${encodeURIComponent(paymentId)}`, READ_TIMEOUT, options);
}

/**
 * How it stands once Stripe has been asked. That happens at most once in ten seconds, whoever calls; in between, and
 * while Stripe does not answer, it is what is stored.
 * @param {string} paymentId
 * @param {CallOptions} [options]
 * @returns {Promise<Payment & {checkedAt: string | null}>} checkedAt: when Stripe answered last
 */
export function refreshPayment(paymentId, options) {
  return call(`/payments/${encodeURIComponent(paymentId)}/refresh`, READ_TIMEOUT, options, { method: "POST" });
}

/**
 * Looks at a payment until it is final, or `maxPolls` times; at once when the tab is shown or the browser back online.
 * News of Stripe's may be lost: it is asked at `refreshAt`, and once when the payment's time is over. Money whose receipt
 * is not there yet is looked at a few times more. A look that fails for now counts and is repeated, later each time; one
 * that fails for good rejects, and so does aborting, with the signal's reason.
 * @param {string} paymentId
 * @param {CallOptions & WatchOptions} [options]
 * @returns {Promise<{outcome: "final" | "gone_quiet" | "unreachable", payment: Payment | null}>}
 *   gone_quiet: not final after the last look; unreachable: the last look failed
 */
export async function watchPayment(paymentId, options = {}) {
  const { interval = 2000, maxPolls = 30, refreshAt = REFRESH_AT, onStatus, onTrouble, signal } = options;
  const started = Date.now();
  /** @type {Payment | null} */
  let payment = null;
  let failures = 0;
  let isLate = false;
  let asking = refreshAt;
  for (let poll = 1; ; poll++) {
    let wait = interval;
    const later = asking.filter((at) => at > Date.now() - started);
    const isDue = later.length < asking.length;
    asking = later;
    try {
      payment = await look(paymentId, options, isDue);
      failures = 0;
      onStatus?.(payment);
      if (payment.final) return { outcome: "final", payment: await withReceipt(payment, options) };
      if (!isLate && payment.status === "pending" && !payment.payable) {
        isLate = true;
        asking = [0, ...asking];
      }
      wait = Math.min(interval, ...asking.map((at) => started + at - Date.now()));
    } catch (error) {
      if (!isTemporary(error)) throw error;
      failures += 1;
      const after = error instanceof ProblemError ? Math.min(error.retryAfter * 1000, 4 * LONGEST_BACKOFF) : 0;
      wait = Math.max(Math.min(interval * 2 ** (failures - 1), LONGEST_BACKOFF), after);
      onTrouble?.(error, failures);
    }
    if (poll >= maxPolls) return { outcome: failures ? "unreachable" : "gone_quiet", payment };
    signal?.throwIfAborted();
    await pause(wait, signal);
  }
}

/**
 * Stripe's word if it is to be asked and that succeeds, else what is stored.
 * @param {string} paymentId @param {CallOptions} options @param {boolean} asksStripe @returns {Promise<Payment>}
 */
async function look(paymentId, options, asksStripe) {
  if (asksStripe) {
    try {
      return await refreshPayment(paymentId, options);
    } catch (error) {
      if (!isOfTheApi(error)) throw error;
    }
  }
  return getPayment(paymentId, options);
}

/**
 * The charge, its receipt and the invoice may come after the money: some looks more, the last of them at Stripe. What was
 * told stays told, whatever fails meanwhile.
 * @param {Payment} payment @param {CallOptions & WatchOptions} options @returns {Promise<Payment>}
 */
async function withReceipt(payment, options) {
  const { interval = 2000, onStatus, signal } = options;
  for (let left = RECEIPT_LOOKS; left > 0 && lacksPaper(payment); left--) {
    await pause(interval, signal);
    try {
      const now = await look(payment.paymentId, options, left === 1);
      if (!now.final) continue;
      payment = now;
      onStatus?.(payment);
    } catch (error) {
      if (!isOfTheApi(error)) throw error;
    }
  }
  return payment;
}

/** Nothing is received for an order of 0, but it has an invoice. @param {Payment} payment */
function lacksPaper({ status, received, receiptUrl, transactionId, invoiceNumber }) {
  const lacksReceipt = received.length > 0 && !receiptUrl && !/^(ch|py)_/.test(transactionId ?? "");
  return lacksReceipt || (status === "succeeded" && invoiceNumber === null);
}

/** A random Idempotency-Key. crypto.randomUUID would do, but not on a page of plain http. */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {any} error @returns {boolean} whether the same call may succeed later */
export const isTemporary = (error) => error?.temporary === true;

/** @param {unknown} error  whether it came of calling the API, and is no fault of a program */
const isOfTheApi = (error) => error instanceof ProblemError || error instanceof UnreachableError;

/** @param {object} body @param {Record<string, string>} [headers] @returns {RequestInit} */
function posting(body, headers) {
  return { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** @param {string} path  with a slash @returns {string} */
export const apiAddress = (path) => base(config.apiOrigin) + path;

/** @param {string} origin */
const base = (origin) => origin.replace(/\/+$/, "");

/** @param {string} path @param {number} timeout @param {CallOptions} [options] @param {RequestInit} [init] */
const call = async (path, timeout, options, init) => (await send(path, timeout, options, init)).body;

/**
 * One request to the API, for what this module has no function for.
 * @param {string} path @param {number} timeout  milliseconds @param {CallOptions} [options] @param {RequestInit} [init]
 * @returns {Promise<{status: number, body: any}>} body: null where there is none
 */
export async function send(path, timeout, options = {}, init) {
  const { token } = options;
  if (!token) return sendOnce(path, timeout, options, init);
  const bearer = typeof token === "string" ? token : await token();
  try {
    return await sendOnce(path, timeout, options, authorized(bearer, init));
  } catch (error) {
    if (typeof token === "string" || !(error instanceof ProblemError) || error.status !== 401) throw error;
  }
  return sendOnce(path, timeout, options, authorized(await token(bearer), init));
}

/** @param {string} bearer @param {RequestInit} [init] */
const authorized = (bearer, init) => ({ ...init, headers: { ...init?.headers, Authorization: `Bearer ${bearer}` } });

/** @param {string} path @param {number} timeout @param {CallOptions} options @param {RequestInit} [init] */
async function sendOnce(path, timeout, { signal, apiOrigin = config.apiOrigin }, init) {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const request = new Request(base(apiOrigin) + path, {
    ...init,
    signal: ending.signal,
    cache: "no-store",
    credentials: "omit",
  });
  const end = () => ending.abort();
  // AbortSignal.any is too new for some browsers.
  for (const each of [signal, AbortSignal.timeout(timeout)]) {
    each?.addEventListener("abort", end, { signal: ending.signal });
  }
  let response, text;
  // Nothing but the network fails in here: a fault of the program is not to look like one.
  try {
    response = await fetch(request);
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnreachableError(error);
  } finally {
    end();
  }
  if (!response.ok) {
    throw new ProblemError(response.status, problemIn(text), Number(response.headers.get("Retry-After")) || 0);
  }
  try {
    return { status: response.status, body: response.status === 204 ? null : JSON.parse(text) };
  } catch (error) {
    throw new UnreachableError(error);
  }
}

/** @param {string} text @returns {Record<string, any>} */
function problemIn(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // A gateway in front of the API spoke, not the API.
  }
}

/**
 * Waits, longer while nobody looks at the tab; coming back to it ends a wait that was long enough for a visible one.
 * @param {number} milliseconds @param {AbortSignal} [signal]
 */
function pause(milliseconds, signal) {
  const started = Date.now();
  const listening = new AbortController();
  let timer = 0;
  return new Promise((resolve, reject) => {
    const schedule = () => {
      const end = started + milliseconds * (document.hidden ? HIDDEN_TAB_FACTOR : 1);
      clearTimeout(timer);
      timer = window.setTimeout(resolve, end - Date.now());
    };
    document.addEventListener("visibilitychange", schedule, { signal: listening.signal });
    window.addEventListener("online", resolve, { signal: listening.signal });
    signal?.addEventListener("abort", () => reject(signal.reason), { signal: listening.signal });
    schedule();
  }).finally(() => {
    clearTimeout(timer);
    listening.abort();
  });
}
