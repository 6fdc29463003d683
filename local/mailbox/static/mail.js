/** One mail: who, what and when, and the mail itself in one of five views. */

import { h, show } from "/shared/dom.js";
import { time } from "/shared/time.js";

const VIEWS = { wide: "Wide", phone: "Phone", text: "Text", headers: "Headers", source: "Source" };
const place = document.querySelector("#mail");

let opened = null;
/** What the reader last chose; a mail without HTML shows its text. */
let chosen = "wide";
let listAddress;

/**
 * @param {number} number
 * @param {string} back the list's address
 */
export async function openMail(number, back) {
  listAddress = back;
  if (opened?.number === number) return draw();
  opened = { number };
  const mail = await fetched(number);
  if (opened?.number !== number) return;
  opened = mail ?? { number, isMissing: true };
  document.title = mail ? `${mail.subject || "(no subject)"} – Mailbox` : "Mailbox";
  draw();
  place.scrollTop = 0;
}

export function closeMail() {
  opened = null;
  show(place, [h("p", { class: "soft hint" }, "Choose a mail. / searches, the arrows walk the list, Esc goes back.")]);
}

async function fetched(number) {
  try {
    const response = await fetch(`/mails/${number}.json`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function draw() {
  const back = h("a", { key: "back", class: "back", href: listAddress, "data-back": "" }, "← All mails");
  if (opened.isMissing) return show(place, [back, h("p", { key: "missing" }, "There is no such mail. The mailbox was emptied, or the stack started anew.")]);
  show(place, [
    back,
    h("h2", { key: `subject ${opened.number}`, tabindex: "-1", dir: "auto" }, opened.subject || "(no subject)"),
    h("dl", { key: "about" }, about()),
    h("div", { key: "views", class: "choice", role: "group", "aria-label": "View" }, views().map((view) =>
      h("button", { key: view, type: "button", "aria-pressed": String(view === current()), onclick: () => choose(view) }, VIEWS[view]))),
    h("div", { key: `body ${opened.number} ${current()}`, class: "body", "data-as": current() }, body()),
  ]);
}

function about() {
  const rows = [
    ["From", h("bdi", {}, opened.from)],
    ["To", h("bdi", {}, opened.to.join(", "))],
    ["Sent", time(opened.sentAt)],
    ["Payment", opened.payment && h("a", { href: opened.paymentPage, target: "_blank", rel: "noopener" }, opened.payment)],
    ["Attached", opened.attachments.length > 0 && opened.attachments.map((each, index) => [
      index > 0 && ", ", h("a", { href: `/mails/${opened.number}/attachments/${index}` }, each.name), ` ${size(each.bytes)}`])],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, value)));
}

function size(bytes) {
  return bytes < 1000 ? `(${bytes} bytes)` : `(${Math.round(bytes / 1000).toLocaleString("en")} kB)`;
}

function views() {
  return Object.keys(VIEWS).filter((view) => opened.hasHtml || !["wide", "phone"].includes(view));
}

function current() {
  return views().includes(chosen) ? chosen : "text";
}

async function choose(view) {
  chosen = view;
  draw();
  if (view !== "source" || opened.source !== undefined) return;
  const mail = opened;
  const response = await fetch(`/mails/${mail.number}/source`);
  mail.source = await response.text();
  draw();
}

function body() {
  switch (current()) {
    case "text":
      return h("pre", { tabindex: "0", role: "group", "aria-label": "Text", dir: "auto" }, opened.text);
    case "headers":
      return h("dl", { class: "headers" }, opened.headers.map(([name, value], index) => h("div", { key: index }, h("dt", {}, name), h("dd", { dir: "auto" }, value))));
    case "source":
      return h("pre", { tabindex: "0", role: "group", "aria-label": "Source" }, opened.source ?? "");
    default:
      return h("iframe", {
        src: `/mails/${opened.number}/html`,
        title: `${opened.subject}, ${VIEWS[current()]}`,
        sandbox: "allow-popups allow-popups-to-escape-sandbox",
      });
  }
}
