/** What is left of what is sold from stock, and changing it: a delivery, a count, something that broke. */
import { ProblemError, newIdempotencyKey } from "../quittance.js";
import { act, read } from "./api.js";
import { wordsOf } from "./deeds.js";
import { definitions, element, field, isolated, table } from "./elements.js";
import { number, time } from "../format.js";
import { who } from "../session.js";
import { isDecided } from "./words.js";

const pathOf = (sku) => `/products/${encodeURIComponent(sku)}`;

/** @param {import("./desk.js").Desk} desk */
export async function showStock(desk) {
  const { products } = await read("/products", {}, desk.signal);
  const stocked = products.filter(({ left }) => left !== null);
  if (!stocked.length) return desk.show("Stock", element("p", {}, "Nothing is sold from stock."));
  const link = ({ sku, name }) => element("a", { href: `#/stock/${encodeURIComponent(sku)}` }, isolated(name));
  const list = table("What can be ordered now; what is in open orders is taken already", [
    { name: "Product", of: link },
    { name: "Sku", isLong: true, of: ({ sku }) => sku },
    { name: "Left", isNumber: true, of: ({ left }) => number(left) },
  ], stocked);
  desk.show("Stock", list);
}

/** One product. @param {import("./desk.js").Desk} desk */
export async function showProduct(desk) {
  draw(await read(pathOf(desk.id), {}, desk.signal));

  function draw(product) {
    const { sku, name, left, changes } = product;
    const facts = definitions([["Left", left === null ? "not sold from stock" : number(left)], ["Sku", sku]]);
    const shown = changes.length
      ? table("The last fifty at most, newest first; what orders take and give back is not here", COLUMNS, changes)
      : element("p", {}, "Nobody has changed it yet.");
    desk.show(
      name,
      element("section", { class: "card" }, element("h2", {}, "What is left"), facts, left !== null && form(desk, sku, draw)),
      left !== null && element("section", { class: "card" }, element("h2", {}, "Changes"), shown),
    );
  }
}

const COLUMNS = [
  { name: "When", of: ({ at }) => time(at) },
  { name: "Change", isNumber: true, of: ({ change }) => signed(change) },
  { name: "Why", isLong: true, of: ({ reason }) => isolated(reason) },
  { name: "By", isLong: true, of: ({ by }) => (by === who().sub ? "you" : by) },
];

const signed = (change) => (change > 0 ? `+${number(change)}` : number(change));

function form(desk, sku, draw) {
  const change = element("input", { id: "stock-change", inputmode: "text", autocomplete: "off", spellcheck: "false" });
  const reason = element("input", { id: "stock-reason", autocomplete: "off", maxlength: "200" });
  const problem = element("p", { class: "field-error", id: "stock-problem" });
  const changeField = field("Change", change, "How many more, or with a minus how many fewer: 5 or -2.");
  changeField.append(problem);
  change.setAttribute("aria-describedby", "stock-change-hint stock-problem");
  const made = element(
    "form",
    { novalidate: true },
    changeField,
    field("Why", reason, "Such as a delivery or a count; it is kept with your name."),
    element("p", { class: "actions" }, element("button", { class: "button", type: "submit" }, "Change the stock")),
  );
  // What got no answer is sent again under its key, and so is done once.
  let sent = { text: "", key: "" };
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const count = countIn(change.value);
    const words = reason.value.trim();
    problem.textContent = count ? (words ? "" : "Say why below.") : "Enter a whole number that is not 0, such as 5 or -2.";
    change.setAttribute("aria-invalid", String(!count));
    if (!count) return change.focus();
    if (!words) return reason.focus();
    const body = { change: count, reason: words };
    const text = JSON.stringify(body);
    if (sent.text !== text) sent = { text, key: newIdempotencyKey() };
    const settle = desk.working("One moment\u2026");
    try {
      const { left } = (await act(`${pathOf(sku)}/stock`, body, sent.key)).body;
      const now = await read(pathOf(sku), {}, desk.signal);
      settle();
      draw(now);
      desk.tell(`${number(left)} are left now.`);
    } catch (error) {
      settle();
      const said = wordsOf(error);
      if (!said) return desk.fail(error);
      if (error instanceof ProblemError && isDecided(error)) sent = { text: "", key: "" };
      desk.tell(said, true);
    }
  });
  return made;
}

/** 0 for what is no whole number. A minus of a phone's keyboard may be another character. */
function countIn(text) {
  const plain = text.trim().replace(/^[\u2212\u2013]/, "-");
  return /^[+-]?\d{1,7}$/.test(plain) ? Number(plain) : 0;
}
