/** Queues, deliveries and mails. */

import { click } from "./actions.js";
import { h } from "/shared/dom.js";
import { time } from "/shared/time.js";
import { address, attempts, empty } from "./words.js";

export function queuesView(queues) {
  if (queues.length === 0) return [empty("No queues.")];
  return [h("table", {},
    h("thead", {}, h("tr", {}, ["Queue", "Waiting", "In flight", "Delayed"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, queues.map((queue) => h("tr", { key: queue.name, "data-alarm": String(queue.deadLetters && queue.visible > 0) },
      h("th", { scope: "row" }, queue.name.replace(/(?<=[a-z])(?=[A-Z])/g, " ")),
      [queue.visible, queue.inFlight, queue.delayed].map((depth) => h("td", { "data-zero": String(depth === 0) }, depth))))))];
}

export function deliveriesView(stripe, otherwise) {
  if (!stripe) return [empty(otherwise)];
  if (stripe.deliveries.length === 0) return [empty("Nothing yet.")];
  return [
    h("ul", { class: "rows scroll", tabindex: "0", "aria-label": "The latest deliveries, the newest first" },
      stripe.deliveries.slice().reverse().map(deliveryView)),
  ];
}

function deliveryView(delivery) {
  const last = delivery.attempts.at(-1);
  const tone = delivery.delivered ? "good" : delivery.attempts.length > 0 ? "bad" : "open";
  return h("li", { key: `${delivery.event} ${delivery.endpoint}`, class: "line" },
    h("b", { title: delivery.event }, delivery.type),
    h("span", { class: "badge", "data-tone": tone, title: delivery.attempts.map(spelled).join("\n") }, attempts(delivery)),
    last && h("span", { class: "soft" }, time(last.at)),
    h("button", { type: "button", class: "small", "aria-label": `Resend ${delivery.type}`, onclick: click(
      `control/events/${delivery.event}/resend`, {}, { done: () => `${delivery.type} is sent once more.` }) }, "Resend"));
}

function spelled(attempt) {
  return `${new Date(attempt.at * 1000).toISOString()} ${attempt.status ?? "no answer"}`;
}

export function mailsView(mails, mailbox) {
  if (mails.length === 0) return [empty("No mail yet.")];
  return [
    h("ul", { key: "rows", class: "rows scroll", tabindex: "0", "aria-label": "The latest mails, the newest first" }, mailRows(mails, mailbox)),
    h("p", { key: "empty" }, h("button", { type: "button", onclick: click("mails", {}, { method: "DELETE", done: () => "The mailbox is empty." }) }, "Empty the mailbox")),
  ];
}

/** Each leads to the mailbox, where it is shown whole. */
export function mailRows(mails, mailbox) {
  return mails.map((mail) => h("li", { key: mail.number },
    h("div", { dir: "auto" }, h("a", { href: `${mailbox}/mails/${mail.number}`, target: "_blank", rel: "noopener" }, mail.subject || "(no subject)")),
    h("div", { class: "soft" }, mail.to.flatMap((to, index) => (index ? [", ", address(to)] : [address(to)])), " · ", time(mail.sentAt))));
}
