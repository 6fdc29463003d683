/** How times are written on every page. */

import { h } from "./dom.js";

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const TIME = new Intl.DateTimeFormat(undefined, CLOCK);
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", ...CLOCK });

/** @param {string | number} moment ISO 8601 text, or epoch seconds */
export function time(moment) {
  const date = new Date(typeof moment === "number" ? moment * 1000 : moment);
  const isToday = date.toDateString() === new Date().toDateString();
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString() }, (isToday ? TIME : DAY_AND_TIME).format(date));
}
