/** The controls that are about no object: orders, webhooks, outages, time, and the schedule. */

import { click, submit } from "./actions.js";
import { h } from "/shared/dom.js";

const MODES = ["deliver", "hold", "drop"];
const OUTAGES = [
  ["error500", "answers 500"],
  ["rate_limit", "answers 429"],
  ["timeout_before", "hangs, nothing happens"],
  ["timeout_after", "hangs, but it happens"],
  ["slow", "answers late"],
];
const LEAPS = [["1860", "31 minutes"], ["86400", "a day"], ["604800", "a week"]];

export function steerView(stripe, products) {
  return [
    orderForm(products),
    stripe && group("Webhooks", "webhooks", webhookControls(stripe)),
    stripe && group("Stripe’s API fails", "outage", outageForm(stripe)),
    stripe && group("Stripe’s clock", "clock", clockForm()),
    group("Schedule", "schedule", h("button", { type: "button", onclick: click("reconcile", {}, { done: () => "Reconcile has run." }) }, "Run reconcile now")),
  ].filter(Boolean);
}

function group(title, key, ...children) {
  return h("div", { key, class: "group", role: "group", "aria-label": title }, h("h3", {}, title), h("div", { class: "line" }, children));
}

function orderForm(products) {
  return h("details", { key: "order", class: "group" },
    h("summary", {}, "New order"),
    h("form", { class: "fields", onsubmit: submit(({ amount, ...order }) => [
      "orders", amount ? { ...order, amount: Number(amount) } : order, { done: (answer) => `Ordered: ${answer.paymentId}.` }]) },
      h("label", {}, "Name ", h("input", { name: "name", value: "Ada Lovelace", required: true })),
      h("label", {}, "Email ", h("input", { name: "email", type: "email", value: "ada@example.com", required: true })),
      h("label", {}, "Product ", h("select", { name: "serviceType" }, products.filter(({ ships, left }) => !ships && left === null).map((product) =>
        h("option", { key: product.sku, value: product.sku }, `${product.name}, ${priceOf(product)}`)))),
      h("label", {}, "Amount ", h("input", { name: "amount", type: "number", min: "1", placeholder: "only for an open price, in minor units" })),
      h("button", { class: "main" }, "Order")));
}

function priceOf(product) {
  const { price, currency, minorUnits } = product;
  const shown = (amount) => (amount / 10 ** minorUnits).toFixed(minorUnits);
  const amount = product.kind === "fixed" ? shown(price.amount) : `${shown(price.min)} to ${shown(price.max)}`;
  return `${amount} ${currency.toUpperCase()}`;
}

function webhookControls(stripe) {
  // The double takes what is left out of a call as "no shuffling".
  const steer = (change) => ({ shuffle: stripe.shuffle, ...change });
  return [
    h("span", { key: "modes", class: "choice" }, MODES.map((mode) => h("button", {
      key: mode, type: "button", "aria-pressed": String(stripe.mode === mode),
      onclick: click("control/webhooks", steer({ mode }), { done: () => `Webhooks: ${mode}.` }),
    }, mode))),
    h("button", { key: "flush", type: "button", onclick: click("control/webhooks/flush", {}, { done: (answer) => `${answer.flushed} sent.` }) }, `Flush ${stripe.held} held`),
    h("label", { key: "duplicate" }, "Duplicates ", h("input", {
      type: "number", min: "0", max: "9", value: stripe.duplicate,
      onchange: (event) => click("control/webhooks", steer({ duplicate: event.currentTarget.valueAsNumber || 0 }), { done: () => "Changed." })(event),
    })),
    h("label", { key: "shuffle" }, h("input", {
      type: "checkbox", checked: stripe.shuffle,
      onchange: (event) => click("control/webhooks", { shuffle: event.currentTarget.checked }, { done: () => "Changed." })(event),
    }), " Shuffle"),
  ];
}

function outageForm(stripe) {
  return [
    h("form", { key: "form", class: "line", onsubmit: submit(({ calls, kind }) => [
      "control/outage", { calls: Number(calls), kind, seconds: 5 }, { done: () => `The next calls fail: ${calls}.` }]) },
      h("label", {}, "Next ", h("input", { name: "calls", type: "number", min: "1", value: "3", required: true }), " calls"),
      h("select", { name: "kind", "aria-label": "How it fails" }, OUTAGES.map(([kind, what]) => h("option", { value: kind }, what))),
      h("button", {}, "Start")),
    stripe.failing > 0 && h("button", { key: "end", type: "button", onclick: click("control/outage", { calls: 0 }, { done: () => "The outage is over." }) }, `End the outage (${stripe.failing} calls left)`),
  ];
}

function clockForm() {
  return h("form", { class: "line", onsubmit: submit(({ advance }) => [
    "control/clock", { advance: Number(advance) }, { done: () => "Stripe’s clock has moved." }]) },
    h("select", { name: "advance", "aria-label": "By how much" }, LEAPS.map(([seconds, what]) => h("option", { value: seconds }, what))),
    h("button", {}, "Move forward"));
}
