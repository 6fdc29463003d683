/** Stripe's objects, each with what can be done to it. */

import { click, submit } from "./actions.js";
import { h } from "/shared/dom.js";
import { time } from "/shared/time.js";
import { badge, empty, id } from "./words.js";

const CARDS = [
  ["4242424242424242", "pays"],
  ["4000002500003155", "asks for authentication"],
  ["4000000000000002", "is declined"],
  ["4000000000009995", "has insufficient funds"],
  ["4000000000007726", "pays; refunds stay pending"],
  ["4000000000005126", "pays; refunds fail later"],
  ["4000000000000259", "pays; then a dispute"],
  ["delayed_success", "bank debit that arrives"],
  ["delayed_failure", "bank debit that fails"],
];
const REASONS = ["fraudulent", "product_not_received", "duplicate", "product_unacceptable", "general"];
const NAMES = {
  sessions: "Checkout sessions",
  intents: "Payment intents",
  charges: "Charges",
  refunds: "Refunds",
  disputes: "Disputes",
};

/** JSON that was asked for, by the object's id. */
const whole = new Map();

/** The latest objects of each kind, whoever made them; where there is no double, the sentence `otherwise`. */
export function objectsView(stripe, otherwise, redraw) {
  if (!stripe) return [empty(otherwise)];
  const kinds = Object.entries(stripe.objects).filter(([, things]) => things.length > 0);
  if (kinds.length === 0) return [empty("Nothing yet.")];
  return kinds.map(([kind, things]) => h("details", { key: kind },
    h("summary", {}, `${NAMES[kind]}, the latest`),
    h("ul", { class: "rows" }, things.map((thing) => objectView(kind, thing, stripe.objects, redraw)))));
}

/** A payment's own. */
export function objectRows(objects, redraw) {
  return Object.entries(objects).flatMap(([kind, things]) => things.map((thing) => objectView(kind, thing, objects, redraw)));
}

function objectView(kind, thing, objects, redraw) {
  const amount = thing.amount ?? thing.amount_total;
  return h("li", { key: thing.id, "data-object": thing.id },
    h("div", { class: "line" },
      h("a", { href: `/stripe/${thing.id}`, "data-page": "" }, id(thing.id)),
      badge(thing.status),
      thing.payment_status && thing.payment_status !== "paid" ? badge(thing.payment_status) : null,
      amount !== undefined && h("span", {}, `${amount} ${thing.currency}`),
      thing.amount_refunded ? h("span", { class: "soft" }, `${thing.amount_refunded} refunded`) : null,
      thing.reason && h("span", { class: "soft" }, thing.reason.replaceAll("_", " ")),
      h("span", { class: "soft" }, time(thing.created))),
    h("div", { class: "line" }, (CONTROLS[kind] ?? (() => []))(thing, objects)),
    h("details", { class: "raw", ontoggle: (event) => event.currentTarget.open && fetchWhole(thing.id, redraw) },
      h("summary", {}, "JSON"),
      h("pre", { tabindex: "0", role: "group", "aria-label": `JSON of ${thing.id}` }, whole.get(thing.id) ?? "")));
}

async function fetchWhole(name, redraw) {
  try {
    whole.set(name, JSON.stringify((await (await fetch(`/stripe/${name}.json`)).json()).object, null, 2));
  } catch {
    whole.set(name, "The stack does not answer.");
  }
  redraw();
}

const CONTROLS = {
  sessions: (session, objects) => {
    const path = `control/sessions/${session.id}`;
    const intent = objects.intents.find((each) => each.id === session.payment_intent);
    if (session.status === "open" && intent?.status === "requires_action") {
      return [
        button("Authenticate", `${path}/authenticate`, { approved: true }, "The customer has authenticated."),
        button("Fail authentication", `${path}/authenticate`, { approved: false }, "The authentication has failed."),
      ];
    }
    if (session.status === "open") {
      return [
        h("form", { key: "pay", class: "line", onsubmit: submit(({ card }) => [`${path}/pay`, { card }, { done: paid }]) },
          h("select", { name: "card", "aria-label": "Card" },
            CARDS.map(([number, what]) => h("option", { value: number }, `${number} ${what}`))),
          h("button", { class: "main" }, "Pay")),
        button("Expire", `${path}/expire`, {}, "The session has expired."),
      ];
    }
    if (session.status === "complete" && session.payment_status === "unpaid" && intent?.status === "processing") {
      return [button("Settle", `${path}/settle`, {}, "The bank has answered.")];
    }
    return [];
  },
  charges: (charge) => {
    const left = charge.amount - (charge.amount_refunded ?? 0);
    if (charge.status !== "succeeded") return [];
    return [
      left > 0 && h("form", { key: "refund", class: "line", onsubmit: submit(({ amount }) => [
        `control/charges/${charge.id}/refund`, amount ? { amount: Number(amount) } : {}, { done: (refund) => `The refund is ${refund.status}.` }]) },
        h("input", { name: "amount", type: "number", min: "1", max: left, placeholder: String(left), "aria-label": "Amount to refund" }),
        h("button", {}, "Refund")),
      !charge.disputed && h("form", { key: "dispute", class: "line", onsubmit: submit(({ reason }) => [
        `control/charges/${charge.id}/dispute`, { reason }, { done: () => "The customer disputes the charge." }]) },
        h("select", { name: "reason", "aria-label": "Reason" },
          REASONS.map((reason) => h("option", { value: reason }, reason.replaceAll("_", " ")))),
        h("button", {}, "Dispute")),
    ];
  },
  refunds: (refund) => refund.status !== "pending" ? [] : [
    button("Succeed", `control/refunds/${refund.id}/settle`, { status: "succeeded" }, "The refund has arrived."),
    button("Fail", `control/refunds/${refund.id}/settle`, { status: "failed" }, "The refund has failed."),
  ],
  disputes: (dispute) => {
    const path = `control/disputes/${dispute.id}`;
    if (["won", "lost", "warning_closed", "prevented"].includes(dispute.status)) return [];
    if (dispute.status.startsWith("warning")) {
      return [
        button("Escalate", `${path}/escalate`, {}, "The inquiry is a dispute now."),
        button("Close", `${path}/close`, { status: "warning_closed" }, "The inquiry is closed."),
      ];
    }
    return [
      button("Win", `${path}/close`, { status: "won" }, "The dispute is won."),
      button("Lose", `${path}/close`, { status: "lost" }, "The dispute is lost."),
    ];
  },
};

function paid(session) {
  return session.status === "complete" ? "The session is complete." : "The customer is asked to authenticate.";
}

function button(label, path, body, sentence) {
  return h("button", { key: label, type: "button", onclick: click(path, body, { done: () => sentence }) }, label);
}
