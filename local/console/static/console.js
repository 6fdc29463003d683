/** Asks each second, while someone looks, for the state of the stack and for what the address names, and shows both. */

import { afterEach } from "./actions.js";
import { h, show } from "/shared/dom.js";
import { time } from "/shared/time.js";
import { objectsView } from "./objects.js";
import { deliveriesView, mailsView, queuesView } from "./panels.js";
import { paymentView, paymentsView } from "./payments.js";
import { steerView } from "./steer.js";

const PAUSE_MS = 1000;
const TYPING_MS = 150;
const LOOK = 1000;

const search = document.querySelector("#search");
let state = null;
/** What the address names, as it was last answered. */
let shown = null;
let products = [];
let timer;
let typing;
let asked = 0;

async function look() {
  clearTimeout(timer);
  const number = ++asked;
  const began = performance.now();
  try {
    const [answer, named] = await Promise.all([fetchJson("/state.json"), fetchNamed()]);
    if (products.length === 0) products = (await fetchJson("/products.json")).products ?? [];
    // An older answer may come last.
    if (number === asked) {
      state = answer;
      shown = named;
      live(true);
      draw();
    }
  } catch {
    if (number === asked) live(false);
  }
  // What takes long to find out is asked for less often.
  if (number === asked && !document.hidden) timer = setTimeout(look, Math.max(PAUSE_MS, 4 * (performance.now() - began)));
}

async function fetchJson(path) {
  const response = await fetch(path);
  const answer = await response.json();
  // A sentence for the reader is an answer too.
  if (!response.ok && !answer.error) throw new Error(String(response.status));
  return answer;
}

/** What the address names: a payment, one of Stripe's objects and its payment, or a page of the list. */
async function fetchNamed() {
  const [, kind, name] = /^\/(payments|stripe)\/([^/]+)$/.exec(location.pathname) ?? [];
  if (kind === "payments") return { payment: await fetchJson(`/payments/${name}.json`) };
  if (kind === "stripe") {
    const thing = await fetchJson(`/stripe/${name}.json`);
    return { name, thing, payment: thing.payment && (await fetchJson(`/payments/${thing.payment}.json`)) };
  }
  const { page, look } = pageShown();
  const query = new URLSearchParams({ search: words(), page, look });
  return { list: { page, look, ...(await fetchJson(`/payments.json?${query}`)) } };
}

function words() {
  return new URLSearchParams(location.search).get("search") ?? "";
}

function pageShown() {
  const query = new URLSearchParams(location.search);
  return { page: Number(query.get("page")) || 1, look: Number(query.get("look")) || LOOK };
}

function listAddress({ page = 1, look = LOOK, text = words() } = {}) {
  const query = new URLSearchParams();
  if (text) query.set("search", text);
  if (page > 1) query.set("page", page);
  if (look > LOOK) query.set("look", look);
  return query.size > 0 ? `/?${query}` : "/";
}

function live(isLive) {
  const place = document.querySelector("#live");
  place.dataset.live = isLive ? "yes" : "no";
  show(place, isLive ? ["Live, ", time(state.now)] : ["The stack does not answer"]);
}

function draw() {
  if (!state) return;
  const focused = document.activeElement;
  const around = ancestors(focused);

  show(document.querySelector("#links"), Object.entries(state.links).map(([name, url]) => h("a", { key: name, href: url, target: "_blank", rel: "noopener" }, name)));
  show(document.querySelector("#alerts"), alerts().map((sentence) => h("p", { key: sentence }, sentence)));
  drawNamed();
  fill("steer", steerView(state.stripe, products));
  fill("queues", queuesView(state.queues));
  fill("deliveries", deliveriesView(state.stripe, state.withoutDouble));
  fill("mails", mailsView(state.mails, state.links.Mailbox));
  fill("objects", objectsView(state.stripe, state.withoutDouble, draw));

  // A button that has done its work is gone; who uses the keyboard stays where it was.
  if (!focused.isConnected) around.find((each) => each.isConnected)?.querySelector("summary")?.focus({ preventScroll: true });
}

function drawNamed() {
  const { list, payment, name, thing } = shown;
  const title = name ?? (list ? "Payments" : payment.id ?? "Payment");
  document.title = list ? "Console" : `${title} – Console`;
  show(document.querySelector("#payments-title"), [title]);
  fill("payments", [
    !list && h("p", { key: "back" }, h("a", { href: listAddress(), "data-page": "" }, "← All payments")),
    ...(thing ? thingView(thing) : []),
    ...(list ? errorOr(list, () => paymentsView(list, listAddress)) : []),
    ...(payment ? errorOr(payment, () => paymentView(payment, state.links, draw)) : []),
  ].filter(Boolean));
}

function errorOr(answer, view) {
  return answer.error ? [h("p", { key: "error", class: "note" }, answer.error.message)] : view();
}

function thingView(thing) {
  return errorOr(thing, () => [
    h("p", { key: "owner" }, thing.payment
      ? ["It belongs to ", h("a", { href: `/payments/${thing.payment}`, "data-page": "" }, thing.payment), "."]
      : "It belongs to no payment that is known."),
    thing.object && h("details", { key: "object", class: "raw", open: true },
      h("summary", {}, "JSON"),
      h("pre", { tabindex: "0", role: "group", "aria-label": `JSON of ${thing.object.id}` }, JSON.stringify(thing.object, null, 2))),
  ]);
}

function alerts() {
  const broken = Object.entries(state.broken).map(([name, why]) => `${name} cannot be loaded. ${why}`);
  const problems = Object.entries(state.problems).map(([part, why]) => `No ${part}: ${why}`);
  return [...broken, ...problems];
}

function fill(section, described) {
  show(document.querySelector(`#${section} > .body`), described);
}

function ancestors(element) {
  const found = [];
  for (let each = element?.closest("details"); each; each = each.parentElement?.closest("details")) found.push(each);
  return found;
}

async function goTo(address) {
  history.pushState(null, "", address);
  search.value = words();
  await look();
  scrollTo(0, 0);
  document.querySelector("#payments-title").focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-page]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  goTo(link.getAttribute("href"));
});

search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const address = listAddress({ text: search.value.trim() });
    history[location.pathname === "/" ? "replaceState" : "pushState"](null, "", address);
    look();
  }, TYPING_MS);
});

afterEach(look);
addEventListener("popstate", () => {
  search.value = words();
  look();
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
search.value = words();
look();
