/** What was ordered: its lines and sums, where it goes, and what is missing of it. */
import { config } from "../config.js";
import { button, definitions, element, isolated, table } from "./elements.js";
import { money, number } from "../format.js";
import { shortageState } from "./words.js";

export function orderPart({ order, currency }) {
  const sum = (amount) => money({ amount, currency });
  return definitions([
    ["Number", order.number],
    ...order.lines.map(({ name, quantity, unit }) => [[`${quantity} \u00d7 `, isolated(name)], sum(quantity * unit)]),
    ["Shipping", order.shipping && sum(order.shipping.amount)],
    ...order.tax.map(({ name, amount, inclusive }) => [inclusive ? `${name} (in it)` : name, sum(amount)]),
    ["Total", sum(order.total)],
  ]);
}

/** Where it is sent, whom to bill, and what the customer had to say; null where there is nothing of it. */
export function shippingPart({ address, billingAddress, note }) {
  if (!address && !billingAddress && !note) return null;
  return definitions([
    ["Ship to", address && lines(linesOf(address))],
    ["Bill to", billingAddress && lines(linesOf(billingAddress))],
    ["Note", note && lines(note.split("\n"))],
  ]);
}

const lines = (texts) => texts.map((each) => element("div", {}, isolated(each)));

function linesOf({ name, line1, line2, city, region, postalCode, country }) {
  const place = [city, region, postalCode].filter(Boolean).join(" ");
  return [name, line1, line2, place, countryName(country)].filter(Boolean);
}

const countryName = (code) => new Intl.DisplayNames(config.locale, { type: "region" }).of(code) ?? code;

/** What was paid for and was not there, and settling it. */
export function shortagesPart({ shortages }, does) {
  if (!shortages.length) return null;
  const settle = ({ sku }, resolution, question, done) =>
    does({ path: "/shortages", body: { sku, resolution }, question, done: () => done });
  const supply = (shortage) =>
    button(
      "Take it from stock\u2026",
      settle(shortage, "supplied", {
        title: [`Take ${number(shortage.quantity)} \u00d7 `, isolated(shortage.name), " from stock for this order?"],
        text: ["Add what came to the stock first; then ship it."],
        yes: "Take it from stock",
      }, "It is taken from stock for this order."),
    );
  const waive = (shortage) =>
    button(
      "Not delivered\u2026",
      settle(shortage, "waived", {
        title: [`${number(shortage.quantity)} \u00d7 `, isolated(shortage.name), " will not be delivered from stock?"],
        text: ["Nothing is taken from stock for it. The money is not refunded by this: do that above."],
        yes: "Not delivered",
      }, "It will not be delivered from stock."),
    );
  return table("What was not there any more when it was paid", [
    { name: "Product", of: ({ name }) => element("span", {}, isolated(name)) },
    { name: "Missing", isNumber: true, of: ({ quantity }) => number(quantity) },
    { name: "State", of: ({ state }) => shortageState(state) },
    {
      name: "Action",
      of: (shortage) =>
        shortage.state !== "supplied" &&
        element("span", { class: "choices" }, supply(shortage), " ", shortage.state === "open" && waive(shortage)),
    },
  ], shortages);
}
