/** Stripe's Payment Element: loaded from Stripe, in the colours of the page. What it is confirmed for is up to others. */
import { config } from "./config.js";
import { element } from "./elements.js";

const LONGEST_WAIT = 45_000;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Stripe.js, or the form that it makes, could not be loaded. */
export class FormMissingError extends Error {
  temporary = true;
}

/**
 * @param {HTMLElement} container
 * @param {{publishableKey: string, clientSecret: string, customerSessionClientSecret?: string | null}} intent
 * @returns {Promise<{stripe: any, elements: any, focus: () => void, remove: () => void}>} once it can be filled in
 */
export async function mountElement(container, intent) {
  const { publishableKey, clientSecret, customerSessionClientSecret } = intent;
  const stripe = await stripeOf(publishableKey);
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
  return { stripe, elements, focus: () => form.focus(), remove };
}

/** What Stripe.js gives for a key. The words of the pages are English. @param {string} publishableKey */
export const stripeOf = async (publishableKey) => (await loadStripe())(publishableKey, { locale: "en" });

/** @typedef {"done" | "incomplete" | "declined" | "over" | "unknown"} Outcome */
/** @typedef {{outcome: Outcome, error?: any}} Came */

const DONE = ["succeeded", "processing", "requires_capture"];

/**
 * What came of confirming an intent or a setup, or of looking at it. Never less than Stripe knows: without an answer the
 * outcome is unknown, whatever was sent.
 * @param {() => Promise<any>} ask @returns {Promise<Came>}
 */
export async function outcomeOf(ask) {
  let answer;
  try {
    answer = await ask();
  } catch (error) {
    reportError(error);
    return { outcome: "unknown", error };
  }
  const { paymentIntent, setupIntent, error } = answer;
  const { status } = paymentIntent ?? setupIntent ?? error?.payment_intent ?? error?.setup_intent ?? {};
  if (DONE.includes(status)) return { outcome: "done" };
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
