/** The cart as it is seen: a line for each product, what is wrong with it, and how to put that right. */
import { cartLines, hindranceOf, mostOf, put } from "./cart.js";
import { config } from "./config.js";
import { element } from "./elements.js";
import { formatMoney } from "./money.js";
import { SHOP } from "./words.js";

/** @typedef {import("./quittance.js").Product} Product */

/**
 * @param {Map<string, Product>} products
 * @param {() => void} changed  is called after every change that somebody makes here
 */
export function cartItems(products, changed) {
  const set = (line, quantity) => {
    put(line, quantity);
    changed();
  };
  return cartLines().map((line) => itemOf(line, products, set));
}

/** @param {import("./cart.js").Line} line */
function itemOf(line, products, set) {
  const product = products.get(line.sku);
  const hindrance = hindranceOf(line, products);
  const most = product ? mostOf(product) : 0;
  const trouble = `${fieldId(line)}-error`;
  return element("li", { class: "line" },
    element("p", { class: "name" }, element("bdi", {}, product?.name ?? line.name)),
    element("p", { class: "price" }, product && money(product.price.amount * line.quantity, product)),
    element("div", { class: "amount" },
      product && most > 0 && quantityField(line, most, hindrance && trouble, set),
      button(`remove-${line.sku}`, SHOP.remove, line.name, () => set(line, 0)),
    ),
    element("p", { class: "field-error", id: trouble }, hindrance && SHOP.hindrances[hindrance](most)),
    ["few_left", "too_many"].includes(hindrance) &&
      button(`take-${line.sku}`, SHOP.takeOnly(most), line.name, () => set(line, most)),
  );
}

const fieldId = ({ sku }) => `quantity-${sku}`;

/** A choice of numbers: what cannot be had cannot be typed. What was chosen stays until somebody changes it. */
function quantityField(line, most, trouble, set) {
  const id = fieldId(line);
  const numbers = Array.from({ length: Math.max(most, line.quantity) }, (_, at) => at + 1);
  const options = numbers
    .filter((number) => number <= most || number === line.quantity)
    .map((number) => element("option", { value: number, selected: number === line.quantity }, String(number)));
  const change = ({ target }) => set(line, Number(target.value));
  const problem = trouble && { "aria-invalid": "true", "aria-describedby": trouble };
  return [
    element("label", { for: id }, SHOP.quantity, element("span", { class: "unseen" }, `: ${line.name}`)),
    element("select", { id, autocomplete: "off", change, ...problem }, options),
  ];
}

const button = (id, text, name, click) =>
  element("button", { id, type: "button", class: "button quiet", click }, text, element("span", { class: "unseen" }, `: ${name}`));

const money = (amount, product) => formatMoney(amount, { ...product, locale: config.locale });
