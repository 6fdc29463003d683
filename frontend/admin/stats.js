/** Payments by day of order: bars, and the same numbers as a table. The address holds what is shown. */
import { decimalText } from "../money.js";
import { read } from "./api.js";
import { bars } from "./bars.js";
import { element, field, select, table } from "./elements.js";
import { day, money, number } from "../format.js";
import { saveButton } from "./more.js";
import { STATUSES, problemWords, statusName } from "./words.js";

const DAYS = 28;
const DAY_MS = 86_400_000;

/** @param {import("./desk.js").Desk} desk */
export async function showStats(desk) {
  const query = { from: desk.query.get("from") || dayBefore(DAYS - 1), to: desk.query.get("to") || dayBefore(0) };
  const bar = desk.query.get("bars") ?? "status";
  desk.show("Statistics", form(query, bar, []), element("p", { class: "soft", role: "status" }, "Loading\u2026"));
  const answer = await read("/stats", query, desk.signal).catch((error) => {
    if (error.status !== 422) throw error;
    desk.show("Statistics", form(query, bar, []));
    desk.tell(problemWords(error), true);
  });
  if (!answer || desk.signal.aborted) return;
  const rows = answer.days;
  const currencies = [...new Set(rows.map(({ currency }) => currency))].sort();
  const head = form(query, bar, currencies);
  if (!rows.length) return desk.show("Statistics", head, element("p", {}, "There is no payment on these days."));
  const shown = seriesOf(bar, rows, currencies);
  desk.show(
    "Statistics",
    head,
    bars(daysOf(query), shown),
    byCurrency(rows, currencies),
    element("p", { class: "actions" }, saveButton(desk, "statistics.csv", FILE, async () => rows)),
    byDay(daysOf(query), shown),
  );
}

function form({ from, to }, bar, currencies) {
  const choices = [
    ["status", "Payments by status"],
    ["currency", "Payments by currency"],
    ...currencies.map((each) => [each, `Received in ${each.toUpperCase()}`]),
  ];
  const made = element(
    "form",
    { class: "search", novalidate: true },
    field("From", element("input", { id: "from", name: "from", type: "date", value: from })),
    field("To", element("input", { id: "to", name: "to", type: "date", value: to })),
    field("Bars", select({ id: "bars", name: "bars" }, choices, bar)),
    element("p", { class: "actions" }, element("button", { class: "button", type: "submit" }, "Show")),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = `#/stats?${new URLSearchParams(/** @type {any} */ (new FormData(made)))}`;
  });
  return made;
}

/**
 * What is stacked: names, a value for each day, and how it is told.
 * @typedef {{name: string, key: string, of: (day: string) => number}} Series
 * @returns {{title: string, told: (value: number) => string, series: Series[]}}
 */
function seriesOf(bar, rows, currencies) {
  const sum = (name, isMeant) => rows.filter(isMeant).reduce((all, row) => all + row[name], 0);
  const occurs = (status, isMeant) => rows.some((row) => row.status === status && isMeant(row));
  const statuses = (isMeant) => Object.keys(STATUSES).filter((status) => occurs(status, isMeant));
  if (bar === "currency") {
    const series = currencies.map((key, at) => ({
      key: `series-${at}`,
      name: key.toUpperCase(),
      of: (on) => sum("count", (row) => row.day === on && row.currency === key),
    }));
    return { title: "Payments by currency", told: number, series };
  }
  const isMoney = currencies.includes(bar);
  const isMeant = (row) => !isMoney || (row.currency === bar && row.received > 0);
  const series = statuses(isMeant).map((key) => ({
    key,
    name: statusName(key),
    of: (on) => sum(isMoney ? "received" : "count", (row) => row.day === on && row.status === key && isMeant(row)),
  }));
  if (!isMoney) return { title: "Payments by status", told: number, series };
  return { title: `Received in ${bar.toUpperCase()}`, told: (amount) => money({ amount, currency: bar }), series };
}

function byDay(days, { title, told, series }) {
  const all = (on) => series.reduce((sum, each) => sum + each.of(on), 0);
  const total = (of) => days.reduce((sum, on) => sum + of(on), 0);
  // Of a day, a narrow screen has room only for what there was.
  const cell = (value) => element("span", { class: value ? undefined : "none" }, told(value));
  const column = (name, of) => ({ name, isNumber: true, of: (on) => cell(on ? of(on) : total(of)) });
  const columns = [
    { name: "Day", of: (on) => (on ? day(on) : "All days") },
    ...series.map(({ name, of }) => column(name, of)),
    column("All", all),
  ];
  return table(`${title}, by day of order`, columns, [...days.filter((on) => all(on) > 0), null]);
}

function byCurrency(rows, currencies) {
  const sum = (currency, name) => rows.filter((row) => row.currency === currency).reduce((all, row) => all + row[name], 0);
  const column = (name, key) => ({ name, isNumber: true, of: (currency) => money({ currency, amount: sum(currency, key) }) });
  return table("By currency", [
    { name: "Currency", of: (currency) => currency.toUpperCase() },
    { name: "Payments", isNumber: true, of: (currency) => number(sum(currency, "count")) },
    column("Asked", "amount"),
    column("Received", "received"),
    column("Returned", "returned"),
  ], currencies);
}

function daysOf({ from, to }) {
  const [first, last] = [from, to].map((each) => Date.parse(`${each}T00:00:00Z`));
  const days = [];
  for (let at = first; at <= last; at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** So many days before today, by this computer's calendar. */
function dayBefore(count) {
  const date = new Date();
  date.setDate(date.getDate() - count);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((each) => String(each).padStart(2, "0")).join("-");
}

const amount = (name) => ({ name, isNumber: true, of: (row) => decimalText(row[name], row) });

const FILE = [
  { name: "day", of: (row) => row.day },
  { name: "status", of: (row) => row.status },
  { name: "currency", of: (row) => row.currency.toUpperCase() },
  { name: "payments", isNumber: true, of: (row) => row.count },
  amount("amount"),
  amount("received"),
  amount("returned"),
];
