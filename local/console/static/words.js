/** How things are written all over the page. */

import { h } from "/shared/dom.js";

/** An id, in short; all of it to whoever points at it. */
export function id(text) {
  return h("code", { title: text }, shortened(text));
}

export function shortened(text) {
  return text.length > 26 ? `${text.slice(0, 16)}…${text.slice(-4)}` : text;
}

/** A mail address: in two lines where one is too short, of which a part that is too long ends in an ellipsis. */
export function address(text) {
  const at = Math.max(text.lastIndexOf("@"), 0);
  return h("bdi", { class: "address", title: text }, [text.slice(0, at), text.slice(at)].filter(Boolean).map((part) => h("span", {}, part)));
}

const GOOD = "succeeded paid sent won complete delivered closed given".split(" ");
const BAD = "failed lost rejected gave_up async_failed canceled expired lapsed needs_response in_review".split(" ");

/** A state, in a colour that says how good that is. */
export function badge(state) {
  const tone = GOOD.includes(state) ? "good" : BAD.includes(state) ? "bad" : "open";
  return h("span", { class: "badge", "data-tone": tone }, state.replaceAll("_", " "));
}

/** The answers to the attempts of a delivery: "500, 500, 200". */
export function attempts(delivery) {
  if (delivery.attempts.length === 0) return delivery.held ? "held" : "not sent";
  return delivery.attempts.map((each) => each.status ?? "no answer").join(", ");
}

export function empty(sentence) {
  return h("p", { class: "soft" }, sentence);
}
