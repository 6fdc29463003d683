/** Asks for the state of the stack each second while someone looks, and shows it. */

import { afterEach } from "./actions.js";
import { h, show } from "./dom.js";
import { objectsView } from "./objects.js";
import { deliveriesView, mailsView, queuesView } from "./panels.js";
import { paymentsView } from "./payments.js";
import { steerView } from "./steer.js";
import { time } from "./words.js";

const PAUSE_MS = 1000;

const filter = document.querySelector("#filter");
let state = null;
let products = [];
let timer;
let asked = 0;

async function look() {
  clearTimeout(timer);
  const number = ++asked;
  try {
    const response = await fetch("state.json");
    const answer = await response.json();
    if (products.length === 0) products = await catalogue();
    // An older answer may come last.
    if (number === asked) {
      state = answer;
      live(true);
      draw();
    }
  } catch {
    live(false);
  }
  if (number === asked && !document.hidden) timer = setTimeout(look, PAUSE_MS);
}

async function catalogue() {
  const response = await fetch("products.json");
  return response.ok ? (await response.json()).products : [];
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
  const text = filter.value.trim().toLowerCase();
  const matches = (thing) => text === "" || JSON.stringify(thing).toLowerCase().includes(text);

  show(document.querySelector("#links"), Object.entries(state.links).map(([name, url]) => h("a", { key: name, href: url, target: "_blank", rel: "noopener" }, name)));
  show(document.querySelector("#alerts"), alerts().map((sentence) => h("p", { key: sentence }, sentence)));
  fill("payments", paymentsView(state, matches, draw));
  fill("steer", steerView(state.stripe, products));
  fill("queues", queuesView(state.queues));
  fill("deliveries", deliveriesView(state.stripe, matches));
  fill("mails", mailsView(state.mails, matches));
  fill("objects", objectsView(state.stripe, matches, draw));

  // A button that has done its work is gone; who uses the keyboard stays where it was.
  if (!focused.isConnected) around.find((each) => each.isConnected)?.querySelector("summary")?.focus({ preventScroll: true });
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

afterEach(look);
filter.addEventListener("input", draw);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
look();
