/** Payments: what each is, and its life as one timeline. */

import { click } from "./actions.js";
import { h } from "/shared/dom.js";
import { time } from "/shared/time.js";
import { objectRows } from "./objects.js";
import { mailRows } from "./panels.js";
import { address as mailAddress, attempts, badge, id, shortened } from "./words.js";

/** A page of payments; `address` makes the address of another page of them. */
export function paymentsView(list, address) {
  const { payments } = list;
  return [
    ...list.problems.map((sentence) => h("p", { key: sentence, class: "note" }, sentence)),
    list.problems.length === 0 && h("p", { key: "shown", class: "soft shown" }, whatIsShown(list)),
    payments.length > 0 && h("ul", { key: "list", class: "payments" }, payments.map(rowView)),
    pagesView(list, address),
  ].filter(Boolean);
}

function whatIsShown(list) {
  if (list.known === 0) return "No payment yet. Order something on the payment page, or with “New order”.";
  const about = list.words.length > 0 ? `, by ${list.words.map((word) => `${word.kind} ${word.text}`).join(" and ")}` : "";
  const { first, total, unseen } = list;
  const last = first + list.payments.length - 1;
  const looked = unseen > 0 ? ` The ${number(unseen)} oldest were not looked at.` : "";
  if (list.payments.length === 0) {
    return total === 0 || unseen > 0 ? `None of ${number(list.known)} payments${about}.${looked}` : `There are ${number(total)} only${about}.`;
  }
  const of = total !== null ? `of ${number(total)}` : "of more";
  const page = total === list.payments.length ? paymentsOf(total) : `${number(first)}–${number(last)} ${of}`;
  return `${page}, newest first${about}.${looked}`;
}

function number(value) {
  return value.toLocaleString("en");
}

function paymentsOf(value) {
  return value === 1 ? "1 payment" : `${number(value)} payments`;
}

function rowView(payment) {
  return h("li", { key: payment.id, "data-payment": payment.id, "data-status": payment.status },
    h("a", { href: `/payments/${payment.id}`, "data-page": "" },
      h("span", { class: "amount" }, payment.asked),
      badge(payment.status),
      disputeBadge(payment),
      h("span", { class: "when" }, time(payment.createdAt)),
      h("span", { class: "who" }, h("bdi", {}, payment.product), " · ", h("bdi", {}, payment.name), " · ", mailAddress(payment.email))));
}

function disputeBadge(payment) {
  return payment.dispute && h("span", { class: "badge", "data-tone": payment.dispute === "won" ? "good" : "bad" }, `dispute ${payment.dispute}`);
}

function pagesView(list, address) {
  const links = [
    list.page > 1 && [{ page: list.page - 1, look: list.look }, "← Newer"],
    list.hasMore && [{ page: list.page + 1, look: list.look }, "Older →"],
    list.unseen > 0 && [{ page: list.page, look: list.look + 1000 }, "Look further"],
  ].filter(Boolean);
  return links.length > 0 && h("nav", { key: "pages", class: "line", "aria-label": "Pages" },
    links.map(([query, name]) => h("a", { key: name, href: address(query), "data-page": "" }, name)));
}

/** One payment, whole. */
export function paymentView(payment, links, redraw) {
  const objects = payment.stripe ? objectRows(payment.stripe.objects, redraw) : [];
  const titled = (title, tag, properties, children) => [
    h("h3", { key: title }, title),
    h(tag, { key: `${title}, listed`, ...properties }, children),
  ];
  return [
    h("div", { key: payment.id, class: "payment", "data-payment": payment.id, "data-status": payment.status }, [
      h("div", { key: "what", class: "line" },
        h("span", { class: "amount" }, payment.asked.text), badge(payment.status), disputeBadge(payment),
        h("span", { class: "soft", dir: "auto" }, payment.product)),
      h("dl", { key: "figures" }, figures(payment)),
      ...(objects.length > 0 ? titled("Stripe’s objects", "ul", { class: "rows objects" }, objects) : []),
      ...titled("Timeline", "ol", { class: "life" }, moments(payment).map(momentView)),
      ...(payment.mails.length > 0 ? titled("Mails", "ul", { class: "rows mails" }, mailRows(payment.mails, links.Mailbox)) : []),
      ...titled("Facts", "ul", { class: "rows facts" }, payment.facts.map(factView)),
    ]),
  ];
}

function figures(payment) {
  const rows = [
    ["Asked", payment.asked.text],
    ["Received", payment.received?.text ?? "nothing"],
    ["Returned", payment.returned?.text],
    ["Order", payment.number],
    ["Missing", payment.missing],
    ["Failure", payment.failure],
    ["Customer", [h("bdi", {}, payment.customer.name), ", ", mailAddress(payment.customer.email)]],
    ["Expires", time(payment.expiresAt)],
    ["Next look", payment.lookAt && time(payment.lookAt)],
    ["Last event", payment.lastEvent && id(payment.lastEvent)],
    ["Version", payment.version],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, value)));
}

/** Everything that happened to a payment, the oldest first; what is still to come at the end. */
function moments(payment) {
  const deliveries = new Map((payment.stripe?.deliveries ?? []).map((each) => [each.event, each]));
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
