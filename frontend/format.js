/** Sums and times as this browser's people write them. */
import { config } from "./config.js";
import { formatMoney } from "./money.js";

/** @param {{amount: number, currency: string}} sum */
export const money = ({ amount, currency }) => formatMoney(amount, { currency, locale: config.locale });

/** @param {{amount: number, currency: string}[]} sums */
export const sums = (sums) => sums.map(money).join(" and ");

/** @param {string | null} text  RFC 3339 */
export const time = (text) =>
  text && new Date(text).toLocaleString(config.locale, { dateStyle: "medium", timeStyle: "short" });

/** A day is the business's, whatever the zone of the browser. @param {string} text  YYYY-MM-DD */
export const day = (text) =>
  new Date(`${text}T00:00:00Z`).toLocaleDateString(config.locale, { dateStyle: "medium", timeZone: "UTC" });

export const zone = () => Intl.DateTimeFormat(config.locale).resolvedOptions().timeZone;

/** @param {number} count */
export const number = (count) => new Intl.NumberFormat(config.locale).format(count);
