/** Stripe's form for a payment, and what comes of confirming with it. */
import { mountElement, outcomeOf } from "./stripe-element.js";

/**
 * @param {HTMLElement} container
 * @param {{publishableKey: string, clientSecret: string, customerSessionClientSecret?: string | null}} intent
 * @param {string} returnAddress  where a bank's page leads back to
 * @returns {Promise<{clientSecret: string, confirm: () => Promise<import("./stripe-element.js").Came>,
 *   confirmSaved: () => Promise<import("./stripe-element.js").Came>, look: () => Promise<import("./stripe-element.js").Outcome>, focus: () => void, remove: () => void}>} once it can be filled in
 */
export async function mountForm(container, intent, returnAddress) {
  const { clientSecret } = intent;
  const { stripe, elements, focus, remove } = await mountElement(container, intent);
  const confirmParams = { return_url: new URL(returnAddress, location.href).href };
  return {
    clientSecret,
    confirm: () => outcomeOf(() => stripe.confirmPayment({ elements, redirect: "if_required", confirmParams })),
    /** With the saved card that the payment was ordered with; nothing of the form is looked at. */
    confirmSaved: () => outcomeOf(() => stripe.confirmPayment({ clientSecret, redirect: "if_required", confirmParams })),
    /** How the payment stands at Stripe. */
    look: async () => (await outcomeOf(() => stripe.retrievePaymentIntent(clientSecret))).outcome,
    focus,
    remove,
  };
}
