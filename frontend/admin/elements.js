/** What the desk is made of. */
import { element } from "../elements.js";

export { element, shape } from "../elements.js";

export const button = (text, click, isQuiet = true) =>
  element("button", { type: "button", class: isQuiet ? "button quiet" : "button", click }, text);

/** Address of Stripe's, for a new tab. */
export const outside = (href, text) => element("a", { href, target: "_blank", rel: "noreferrer" }, text);

/** What somebody wrote, in their own direction: Arabic leaves the words around it where they are. */
export const isolated = (text) => element("bdi", {}, text);

/** Names and values; what has no value is left out. @param {[string, any][]} rows */
export function definitions(rows) {
  const isFilled = ([, value]) => ![null, undefined, false, ""].includes(value);
  return element(
    "dl",
    {},
    rows.filter(isFilled).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

/**
 * A table that a narrow screen shows as a list of cards, hence the roles: browsers forget them with the layout.
 * @param {string} caption @param {{name: string, of: (row: any) => any, isNumber?: boolean, isLong?: boolean}[]} columns
 *   isLong: may be one endless word
 * @param {any[]} rows
 */
export function table(caption, columns, rows) {
  const heads = columns.map(({ name, isNumber }) =>
    element("th", { role: "columnheader", scope: "col", class: isNumber && "number" }, name),
  );
  const line = (row) =>
    columns.map(({ name, of, isNumber, isLong }) =>
      element("td", { role: "cell", "data-label": name, class: isNumber ? "number" : isLong && "long" }, of(row)),
    );
  return element(
    "table",
    { role: "table" },
    element("caption", {}, caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, heads)),
    element("tbody", { role: "rowgroup" }, rows.map((row) => element("tr", { role: "row" }, line(row)))),
  );
}

/** A field with its label. @param {string} label @param {any} control @param {string} [hint] */
export function field(label, control, hint) {
  const hintId = `${control.id}-hint`;
  if (hint) control.setAttribute("aria-describedby", hintId);
  return element(
    "div",
    { class: "field" },
    element("label", { for: control.id }, label),
    control,
    hint && element("p", { class: "hint", id: hintId }, hint),
  );
}

/** @param {Record<string, any>} attributes @param {[value: string, text: string][]} options @param {string} [chosen] */
export function select(attributes, options, chosen) {
  const made = options.map(([value, text]) => element("option", { value, selected: value === chosen }, text));
  return element("select", attributes, made);
}
