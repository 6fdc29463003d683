/** Stripe's Payment Element: loaded from Stripe, in the colours of the page, and what comes of confirming with it. */
import { config } from "./config.js";
import { element } from "./elements.js";

const LONGEST_WAIT = 45_000;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Stripe.js, or the form that it makes, could not be loaded. */
export class FormMissingError extends Error {}

/** @typedef {"paid" | "incomplete" | "declined" | "over" | "unknown"} Outcome */

/**
 * @param {HTMLElement} container
 * @param {{publishableKey: string, clientSecret: string, customerSessionClientSecret?: string | null}} intent
 * @param {string} returnAddress  where a bank's page leads back to
 * @returns {Promise<{clientSecret: string, confirm: () => Promise<{outcome: Outcome, error?: any}>,
 *   look: () => Promise<Outcome>, focus: () => void, remove: () => void}>} once it can be filled in
 */
export async function mountForm(container, intent, returnAddress) {
  const { publishableKey, clientSecret, customerSessionClientSecret } = intent;
  // The words of the pages are English.
  const stripe = (await loadStripe())(publishableKey, { locale: "en" });
  const saved = customerSessionClientSecret ? { customerSessionClientSecret } : {};
  const elements = stripe.elements({ clientSecret, appearance: appearance(), ...saved });
  const form = elements.create("payment");
  const repaint = () => elements.update({ appearance: appearance() });
  const remove = () => {
    dark.removeEventListener("change", repaint);
    form.destroy();
  };
  try {
    await within(LONGEST_WAIT, (resolve, reject) => {
      form.on("ready", resolve);
      form.on("loaderror", ({ error }) => reject(new FormMissingError(error?.message)));
      form.mount(container);
    });
  } catch (error) {
    remove();
    throw error;
  }
  dark.addEventListener("change", repaint);
  const confirmParams = { return_url: new URL(returnAddress, location.href).href };
  return {
    clientSecret,
    /** Never tells less than Stripe knows: without an answer the outcome is unknown, whatever was sent. */
    async confirm() {
      try {
        return outcomeOf(await stripe.confirmPayment({ elements, redirect: "if_required", confirmParams }));
      } catch (error) {
        reportError(error);
        return { outcome: "unknown", error };
      }
    },
    /** How the payment stands at Stripe. */
    async look() {
      return outcomeOf(await stripe.retrievePaymentIntent(clientSecret)).outcome;
    },
    focus: () => form.focus(),
    remove,
  };
}

const PAID = ["succeeded", "processing", "requires_capture"];

/** @returns {{outcome: Outcome, error?: any}} */
function outcomeOf({ paymentIntent, error }) {
  const { status } = paymentIntent ?? error?.payment_intent ?? {};
  if (PAID.includes(status)) return { outcome: "paid" };
  if (status === "canceled") return { outcome: "over" };
  if (error?.type === "validation_error") return { outcome: "incomplete", error };
  // A challenge that was closed without an answer can be made anew.
  if (status || error?.type === "card_error") return { outcome: "declined", error };
  return { outcome: error?.type === "invalid_request_error" ? "over" : "unknown", error };
}

/** @type {Promise<any> | null} */
let loading = null;

/** window.Stripe; after a failure, asked for anew. */
function loadStripe() {
  loading ??= within(LONGEST_WAIT, (resolve, reject) => {
    const fail = () => reject(new FormMissingError());
    const load = () => ("Stripe" in window ? resolve(window.Stripe) : fail());
    document.head.append(element("script", { src: config.stripeJs, load, error: fail }));
  }).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** @param {number} milliseconds @param {(resolve: (found?: any) => void, reject: (error: Error) => void) => void} begin */
async function within(milliseconds, begin) {
  let timer = 0;
  try {
    return await new Promise((resolve, reject) => {
      timer = window.setTimeout(() => reject(new FormMissingError()), milliseconds);
      begin(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The colours and letters of style.css, light or dark. */
function appearance() {
  const root = getComputedStyle(document.documentElement);
  const color = (name) => root.getPropertyValue(name).trim();
  return {
    theme: dark.matches ? "night" : "stripe",
    variables: {
      colorPrimary: color("--accent"),
      colorBackground: color("--card"),
      colorText: color("--text"),
      colorTextSecondary: color("--soft"),
      colorDanger: color("--bad"),
      fontFamily: root.fontFamily,
      fontSizeBase: root.fontSize,
      borderRadius: "8px",
    },
  };
}
