/** The button under a list that has more, and the one that saves all of it. */
import { csv, save } from "./csv.js";
import { button, element } from "./elements.js";
import { problemWords } from "./words.js";

/**
 * @param {import("./desk.js").Desk} desk
 * @param {string | null} cursor
 * @param {(cursor: string) => Promise<{rows: any[], cursor: string | null}>} next
 * @param {(rows: any[]) => void} put  shows rows
 */
export function moreOf(desk, cursor, next, put) {
  const place = element("p", { class: "actions" });
  const more = button("More", async () => {
    more.disabled = true;
    more.textContent = "Loading\u2026";
    try {
      const page = await next(cursor);
      put(page.rows);
      cursor = page.cursor;
      if (!cursor) desk.tell("That is all.");
    } catch (error) {
      if (desk.signal.aborted) return;
      if (!error.temporary) return desk.fail(error);
      desk.tell(problemWords(error), true);
    }
    more.disabled = false;
    more.textContent = "More";
    place.hidden = !cursor;
    if (cursor) more.focus();
  });
  place.append(more);
  place.hidden = !cursor;
  return place;
}

/**
 * @param {import("./desk.js").Desk} desk
 * @param {string} name  of the file
 * @param {any[]} columns  as in csv.js
 * @param {(onProgress: (count: number) => void) => Promise<any[]>} readRows
 */
export function saveButton(desk, name, columns, readRows) {
  return button("Save as CSV", async () => {
    const done = desk.working("Reading\u2026");
    try {
      const rows = await readRows((count) => desk.working(`Reading\u2026 ${count} so far.`));
      done();
      save(name, csv(columns, rows));
      desk.tell(`${name} has ${rows.length === 1 ? "1 row" : `${rows.length} rows`}.`);
    } catch (error) {
      done();
      if (desk.signal.aborted) return;
      if (!error.temporary) return desk.fail(error);
      desk.tell(`${problemWords(error)} Nothing was saved; please try again.`, true);
    }
  });
}
