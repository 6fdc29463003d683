/** Payments: what each is, and its life as one timeline. */

import { click } from "./actions.js";
import { h } from "./dom.js";
import { objectView, objectsOf } from "./objects.js";
import { attempts, badge, empty, id, shortened, time } from "./words.js";

export function paymentsView(state, matches, redraw) {
  const found = state.payments.filter(matches);
  if (state.payments.length === 0) return [empty("No payment yet. Order something on the payment page, or with “New order”.")];
  if (found.length === 0) return [empty("No payment matches the filter.")];
  return found.map((payment) => paymentView(payment, state, redraw));
}

function paymentView(payment, state, redraw) {
  const objects = state.stripe ? objectsOf(payment, state.stripe) : [];
  return h("details", { key: payment.id, class: "payment", "data-payment": payment.id, "data-status": payment.status, open: state.payments.length === 1 },
    h("summary", {},
      h("span", { class: "amount" }, payment.asked.text),
      badge(payment.status),
      payment.dispute && h("span", { class: "badge", "data-tone": payment.dispute === "won" ? "good" : "bad" }, `dispute ${payment.dispute}`),
      h("span", { class: "when" }, time(payment.createdAt)),
      h("span", { class: "who" }, `${payment.product} · ${payment.customer.name}`)),
    h("dl", {}, figures(payment)),
    objects.length > 0 && [
      h("h3", { key: "objects-title" }, "Stripe’s objects"),
      h("ul", { key: "objects", class: "rows" }, objects.map(([kind, thing]) => objectView(kind, thing, state.stripe, redraw))),
    ],
    h("h3", { key: "life-title" }, "Timeline"),
    h("ol", { key: "life", class: "life" }, moments(payment, state.stripe).map(momentView)),
    h("h3", { key: "facts-title" }, "Facts"),
    h("ul", { key: "facts", class: "rows facts" }, payment.facts.map(factView)));
}

function figures(payment) {
  const rows = [
    ["Payment", h("code", {}, payment.id)],
    ["Asked", payment.asked.text],
    ["Received", payment.received?.text ?? "nothing"],
    ["Returned", payment.returned?.text],
    ["Failure", payment.failure],
    ["Customer", `${payment.customer.name}, ${payment.customer.email}`],
    ["Expires", time(payment.expiresAt)],
    ["Next look", payment.lookAt && time(payment.lookAt)],
    ["Last event", payment.lastEvent && id(payment.lastEvent)],
    ["Version", payment.version],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, value)));
}

/** Everything that happened to a payment, the oldest first; what is still to come at the end. */
function moments(payment, stripe) {
  const deliveries = new Map((stripe?.deliveries ?? []).map((each) => [each.event, each]));
  const ordered = { key: "ordered", kind: "order", at: payment.createdAt, title: "Ordered", lines: [`${payment.product}, ${payment.asked.text}`] };
  const events = payment.events.map((event) => ({
    key: event.id,
    kind: event.outcome.some((line) => line.includes("->")) ? "change" : "event",
    at: event.receivedAt,
    title: event.type,
    lines: event.outcome,
    delivery: deliveries.get(event.id),
    event: event.id,
  }));
  const notices = payment.notices.map((notice) => ({
    key: `${notice.kind} ${notice.ref}`,
    kind: "notice",
    at: notice.settledAt ?? notice.dueAt,
    title: notice.kind,
    state: notice.state,
    lines: [
      notice.ref,
      notice.attempts > 1 ? `${notice.attempts} attempts` : "",
      notice.state === "sent" ? "" : notice.note ?? "",
      notice.settledAt ? "" : "due",
    ].filter(Boolean),
  }));
  return [ordered, ...events, ...notices].sort((one, other) => String(one.at).localeCompare(String(other.at)));
}

function momentView(moment) {
  return h("li", { key: moment.key, "data-kind": moment.kind },
    moment.at ? time(moment.at) : h("span", {}, "–"),
    h("div", {},
      h("div", { class: "line" },
        h("b", {}, moment.title),
        moment.state && badge(moment.state),
        moment.delivery && h("span", { class: "soft" }, attempts(moment.delivery)),
        moment.delivery && h("button", { type: "button", class: "small", "aria-label": `Resend ${moment.title}`, onclick: click(
          `control/events/${moment.event}/resend`, {}, { done: () => `${moment.title} is sent once more.` }) }, "Resend")),
      moment.lines.map((line) => h("div", { class: "soft" }, line.replace(/\w{27,}/g, shortened)))));
}

function factView(fact) {
  const details = Object.entries(fact.details).map(([name, value]) => detail(name.replaceAll("_", " "), String(value)));
  return h("li", { key: `${fact.kind} ${fact.ref}` },
    h("div", { class: "line" }, h("b", {}, fact.kind.replaceAll("_", " ")), badge(fact.state), id(fact.ref)),
    details.length > 0 && h("div", { class: "soft" }, details.flatMap((each, index) => (index ? [" · ", each] : [each]))));
}

function detail(name, value) {
  return /^https?:/.test(value) ? h("a", { href: value, target: "_blank", rel: "noopener" }, name) : `${name} ${value}`;
}
