/** The list of payments: one search field, days, a status. The address holds what is looked for. */
import { decimalText } from "../money.js";
import { readAll, readPage } from "./api.js";
import { element, field, select, table } from "./elements.js";
import { money, sums, time } from "../format.js";
import { moreOf, saveButton } from "./more.js";
import { STATUSES, disputeName, problemWords, statusName } from "./words.js";

const FILTERS = ["q", "user", "from", "to", "status"];
const PATH = "/payments";

/** @param {import("./desk.js").Desk} desk */
export async function showPayments(desk) {
  const query = Object.fromEntries(FILTERS.map((name) => [name, desk.query.get(name) ?? ""]));
  const form = search(query);
  const read = (cursor) => readPage(PATH, "payments", query, cursor, desk.signal);
  desk.show("Payments", form, element("p", { class: "soft", role: "status" }, "Loading\u2026"));
  const first = await read(null).catch((error) => {
    if (error.status !== 422) throw error;
    // What is wrong with what was looked for belongs beside it.
    desk.show("Payments", form);
    desk.tell(problemWords(error), true);
  });
  if (!first || desk.signal.aborted) return;
  if (!first.rows.length) return desk.show("Payments", form, element("p", {}, emptyWords(query)));
  const list = table(captionOf(query), COLUMNS, first.rows);
  const put = (rows) => list.tBodies[0].append(...table("", COLUMNS, rows).tBodies[0].rows);
  const rest = moreOf(desk, first.cursor, read, put);
  const all = (onProgress) => readAll(PATH, "payments", query, onProgress, desk.signal);
  desk.show("Payments", form, list, rest, element("p", { class: "actions" }, saveButton(desk, "payments.csv", FILE, all)));
}

function search(query) {
  const text = { id: "q", name: "q", type: "search", value: query.q, autocomplete: "off", spellcheck: "false" };
  const hint = "An order's number, a payment, an id of Stripe's (cs_, pi_, ch_), a mail address or a user, whatever the day and status.";
  const days = ["from", "to"].map((name) => element("input", { id: name, name, type: "date", value: query[name] }));
  const form = element(
    "form",
    { class: "search", role: "search", novalidate: true },
    field("Search", element("input", text), hint),
    field("From", days[0]),
    field("To", days[1]),
    field("Status", select({ id: "of-status", name: "status" }, [["", "All"], ...Object.entries(STATUSES)], query.status)),
    element("p", { class: "actions" }, element("button", { class: "button", type: "submit" }, "Show")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const filled = [...new FormData(form)].filter(([, value]) => String(value).trim());
    // The API takes what is searched for alone.
    const wanted = filled.some(([name]) => name === "q") ? filled.filter(([name]) => name === "q") : filled;
    const address = `#${PATH}${wanted.length ? `?${new URLSearchParams(/** @type {any} */ (wanted))}` : ""}`;
    // The same again is a look at what has changed.
    if (location.hash === address) window.dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = address;
  });
  return form;
}

function captionOf({ q, user, from, to }) {
  if (user) return `Payments of user ${user}, newest first`;
  return q || from || to ? "Newest first" : "The last seven days, newest first";
}

const emptyWords = ({ q, user, from, to }) =>
  q || user
    ? "No payment was found."
    : `There is no payment ${from || to ? "on these days" : "of the last seven days"}.`;

function link({ paymentId, number }) {
  return element("a", { href: `#${PATH}/${encodeURIComponent(paymentId)}` }, number ?? paymentId);
}

const COLUMNS = [
  { name: "Ordered", of: ({ createdAt }) => time(createdAt) },
  { name: "Payment", of: link },
  { name: "Amount", isNumber: true, of: money },
  { name: "Status", of: ({ status, dispute }) => tags(status, dispute) },
  { name: "Returned", isNumber: true, of: ({ returned }) => sums(returned) },
  { name: "Product", of: ({ sku }) => sku ?? "" },
];

const tags = (status, dispute) =>
  element(
    "span",
    {},
    element("span", { class: `tag ${status}` }, statusName(status)),
    dispute && element("span", { class: "tag urgent" }, `Dispute ${disputeName(dispute)}`),
  );

/** Sums in the payment's own currency are numbers; those in others are told beside them. */
const own = (name) => (row) => {
  const sum = row[name].find(({ currency }) => currency === row.currency);
  return decimalText(sum?.amount ?? 0, row);
};
const others = (row) =>
  ["received", "returned"]
    .flatMap((name) => row[name].map((sum) => ({ name, ...sum })))
    .filter(({ currency }) => currency !== row.currency)
    .map((sum) => `${sum.name} ${decimalText(sum.amount, sum)} ${sum.currency.toUpperCase()}`)
    .join("; ");

const FILE = [
  { name: "payment", of: ({ paymentId }) => paymentId },
  { name: "number", of: ({ number }) => number },
  { name: "product", of: ({ sku }) => sku },
  { name: "status", of: ({ status }) => status },
  { name: "dispute", of: ({ dispute }) => dispute },
  { name: "ordered", of: ({ createdAt }) => createdAt },
  { name: "paid", of: ({ paidAt }) => paidAt },
  { name: "currency", of: ({ currency }) => currency.toUpperCase() },
  { name: "amount", isNumber: true, of: (row) => decimalText(row.amount, row) },
  { name: "received", isNumber: true, of: own("received") },
  { name: "returned", isNumber: true, of: own("returned") },
  { name: "in other currencies", of: others },
];
