/** What an order comes to, as rows of a list of names and values. */
import { config } from "./config.js";
import { element } from "./elements.js";
import { formatMoney } from "./money.js";
import { ORDER, SUMS } from "./words.js";

/**
 * @param {{lines: {name: string, quantity: number, unit: number}[], shipping: {amount: number} | null,
 *   tax: {name: string, amount: number, inclusive: boolean}[], total: number | null}} order  total: null while unknown
 * @param {string} currency  what its amounts are in
 */
export function sumRows({ lines, shipping, tax, total }, currency) {
  const money = (amount) => formatMoney(amount, { currency, locale: config.locale });
  const taxes = (isInclusive) => tax.filter(({ inclusive }) => inclusive === isInclusive);
  return [
    ...lines.map(({ name, quantity, unit }) => row(lineName(name, quantity, money(unit)), money(quantity * unit))),
    shipping && row(SUMS.shipping, shipping.amount ? money(shipping.amount) : SUMS.free),
    ...taxes(false).map(({ name, amount }) => row(name, money(amount))),
    total !== null && row(SUMS.total, money(total), "total"),
    ...taxes(true).map(({ name, amount }) => row(SUMS.included(name), money(amount), "hint")),
  ].filter(Boolean);
}

/** What an order is called. Its number's hyphen is no place to break a line at. @param {{number: string | null}} order */
export const orderHeading = ({ number }) =>
  number ? [`${ORDER.order} `, element("span", { class: "whole" }, number)] : [ORDER.unnumbered];

const row = (name, value, kind) => element("div", { class: kind }, element("dt", {}, name), element("dd", {}, value));

/** A name in its own direction: Arabic leaves the number before it where it is. */
function lineName(name, quantity, unit) {
  const own = element("bdi", {}, name);
  return quantity > 1 ? [`${quantity} \u00d7 `, own, element("span", { class: "unit" }, ` ${SUMS.each(unit)}`)] : [own];
}
