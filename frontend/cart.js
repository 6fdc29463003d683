/** The cart of this tab: what somebody chose, and what of it can be ordered. */
import { itemsHeld } from "./order.js";
import { recall, remember } from "./tab.js";

/** @typedef {{sku: string, name: string, quantity: number}} Line  by the name that the product had */
/** @typedef {import("./quittance.js").Product} Product */

export const MOST_LINES = 25;

/** @returns {Line[]} */
export const cartLines = () => recall().cart;

/** @param {string} sku */
export const quantityOf = (sku) => cartLines().find((line) => line.sku === sku)?.quantity ?? 0;

/** So many of a product, none of it with 0. @param {{sku: string, name: string}} product @param {number} quantity */
export function put({ sku, name }, quantity) {
  const line = { sku, name, quantity };
  const isKnown = quantityOf(sku) > 0;
  const cart = isKnown ? cartLines().map((each) => (each.sku === sku ? line : each)) : [...cartLines(), line];
  remember({ cart: cart.filter((each) => each.quantity > 0) });
}

export const emptyCart = () => remember({ cart: [] });

/** The form of the order, as this tab remembers it. */
export const savedForm = () => recall().shop ?? {};

export const saveForm = (/** @type {Record<string, any>} */ shop) => remember({ shop });

/**
 * How many this customer can have; null where it is not sold from stock. What an open payment of this tab has set aside
 * is the customer's own, for the next order replaces it.
 * @param {Product} product
 */
export function availableOf({ sku, left }) {
  if (left === null) return null;
  return left + itemsHeld().filter((each) => each.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
}

/** How many of it one order may have now. @param {Product} product */
export const mostOf = (product) => Math.min(product.most, availableOf(product) ?? product.most);

/** What the cart is in, as long as something in it is for sale. @param {Map<string, Product>} products */
export const currencyOf = (products) =>
  cartLines().map(({ sku }) => products.get(sku)?.currency).find((currency) => currency);

/**
 * Why a line cannot be ordered as it is, or null.
 * @param {Line} line @param {Map<string, Product>} products
 * @returns {"gone" | "sold_out" | "few_left" | "too_many" | "other_currency" | null}
 */
export function hindranceOf({ sku, quantity }, products) {
  const product = products.get(sku);
  if (!product) return "gone";
  if (product.currency !== currencyOf(products)) return "other_currency";
  const available = availableOf(product);
  if (available === 0) return "sold_out";
  if (available !== null && available < quantity) return "few_left";
  return product.most < quantity ? "too_many" : null;
}
