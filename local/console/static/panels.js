/** Queues, deliveries and mails. */

import { click } from "./actions.js";
import { h } from "./dom.js";
import { attempts, empty, time } from "./words.js";

const MOST_ROWS = 40;

export function queuesView(queues) {
  if (queues.length === 0) return [empty("No queues.")];
  return [h("table", {},
    h("thead", {}, h("tr", {}, ["Queue", "Waiting", "In flight", "Delayed"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, queues.map((queue) => h("tr", { key: queue.name, "data-alarm": String(queue.deadLetters && queue.visible > 0) },
      h("th", { scope: "row" }, queue.name.replace(/(?<=[a-z])(?=[A-Z])/g, " ")),
      [queue.visible, queue.inFlight, queue.delayed].map((depth) => h("td", { "data-zero": String(depth === 0) }, depth))))))];
}

export function deliveriesView(stripe, matches) {
  if (!stripe) return [empty("No Stripe double is running.")];
  const found = stripe.deliveries.filter(matches).reverse();
  if (found.length === 0) return [empty("Nothing yet.")];
  return [
    h("ul", { key: "rows", class: "rows scroll", tabindex: "0", "aria-label": "Deliveries, the newest first" },
      found.slice(0, MOST_ROWS).map(deliveryView)),
    found.length > MOST_ROWS && h("p", { key: "more", class: "soft" }, `And ${found.length - MOST_ROWS} older ones.`),
  ].filter(Boolean);
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

export function mailsView(mails, matches) {
  if (mails.length === 0) return [empty("No mail yet.")];
  const found = mails.filter(matches);
  return [
    h("ul", { key: "rows", class: "rows scroll", tabindex: "0", "aria-label": "Mails, the newest first" },
      found.slice(0, MOST_ROWS).map((mail) =>
        h("li", { key: `${mail.sentAt} ${mail.to.join()} ${mail.subject}` },
          h("div", {}, h("b", {}, mail.subject)),
          h("div", { class: "soft" }, `${mail.to.join(", ")} · `, time(mail.sentAt))))),
    h("p", { key: "empty" }, h("button", { type: "button", onclick: click("mails", {}, { method: "DELETE", done: () => "The mailbox is empty." }) }, "Empty the mailbox")),
  ];
}
