/**
 * The payments API for someone who is signed in: what they have ordered, and their saved cards. Every call takes the
 * options of quittance.js's, with a `token`, and may throw what those throw. docs/pages.md shows how.
 */
import { send } from "./quittance.js";

/**
 * @typedef {{paymentId: string, status: import("./quittance.js").PaymentStatus, amount: number, currency: string,
 *   createdAt: string, paidAt: string | null, received: import("./quittance.js").Money[],
 *   returned: import("./quittance.js").Money[], sku: string, number: string | null,
 *   dispute: "open" | "won" | "lost" | null, payable: boolean, paidBy: "hosted" | "embedded", checkoutUrl: string | null,
 *   invoiceNumber: string | null, order: import("./quittance.js").PlacedOrder, accessKey: string}} OwnPayment
 *   accessKey: the right to act on the payment, for no address and no log
 */

/**
 * @typedef {{id: string, brand: string, last4: string, expMonth: number, expYear: number, wallet: string | null,
 *   expired: boolean}} Card
 */

/** @typedef {import("./quittance.js").CallOptions & {token: import("./quittance.js").Token}} Options */

const READ_TIMEOUT = 10_000;
// The API gives up before 29 s, and asks Stripe meanwhile.
const STRIPE_TIMEOUT = 30_000;
const CARDS = "/me/payment-methods";

/**
 * Their payments, the newest first, from `cursor` on.
 * @param {Options & {cursor?: string | null}} options
 * @returns {Promise<{payments: OwnPayment[], cursor: string | null}>} cursor: for older ones, null when that was all
 */
export async function listOwnPayments({ cursor, ...options }) {
  for (;;) {
    const search = cursor ? `?${new URLSearchParams({ cursor })}` : "";
    const { body } = await send(`/me/payments${search}`, READ_TIMEOUT, options);
    // A page may be empty and not be the last.
    if (body.payments.length || !body.cursor) return body;
    cursor = body.cursor;
  }
}

/** @param {Options} options @returns {Promise<Card[]>} the newest first */
export const listCards = async (options) => (await send(CARDS, STRIPE_TIMEOUT, options)).body.paymentMethods;

/**
 * Begins to save a card: what Stripe.js confirms a setup with.
 * @param {Options} options @returns {Promise<{clientSecret: string, publishableKey: string}>}
 */
export const beginCard = async (options) => (await send(CARDS, STRIPE_TIMEOUT, options, { method: "POST" })).body;

/** @param {string} id @param {Options} options @returns {Promise<void>} */
export async function removeCard(id, options) {
  await send(`${CARDS}/${encodeURIComponent(id)}`, STRIPE_TIMEOUT, options, { method: "DELETE" });
}
