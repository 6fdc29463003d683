/** Tables as files that spreadsheets open: CSV by RFC 4180, in UTF-8 with the mark by which they know it. */

const MARK = "\ufeff";

/**
 * @param {{name: string, of: (row: any) => any, isNumber?: boolean}[]} columns  a number is a plain decimal text, or null
 * @param {any[]} rows
 */
export function csv(columns, rows) {
  const lines = rows.map((row) => columns.map(({ of, isNumber }) => (isNumber ? of(row) ?? "" : cell(of(row)))));
  return MARK + [columns.map(({ name }) => name), ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** A spreadsheet takes what begins so for a formula, and would run what a customer wrote; an apostrophe makes it a text. */
function cell(value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n\t]/.test(safe) || safe !== text ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** @param {string} name @param {string} text */
export function save(name, text) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.click();
  // Some browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
