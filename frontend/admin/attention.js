/** What waits for a person, most urgent first. */
import { readPage } from "./api.js";
import { element } from "./elements.js";
import { time } from "../format.js";
import { moreOf } from "./more.js";
import { noticeName, noticeState, statusName, whyName, whyTodo } from "./words.js";

/** @param {import("./desk.js").Desk} desk */
export async function showAttention(desk) {
  const first = await readPage("/attention", "attention", {}, null, desk.signal);
  if (!first.rows.length) return desk.show("Attention", element("p", {}, "Nothing waits for you."));
  const list = element("ul", { class: "rows" });
  const put = (rows) => list.append(...rows.map(item));
  put(first.rows);
  const next = (cursor) => readPage("/attention", "attention", {}, cursor, desk.signal);
  desk.show("Attention", list, moreOf(desk, first.cursor, next, put));
}

function item({ paymentId, why, status, since, deadline, notice }) {
  return element(
    "li",
    {},
    element(
      "p",
      {},
      why.map((each) => [element("strong", { class: "tag urgent" }, whyName(each)), " "]).flat(),
      deadline && element("span", { class: "deadline" }, `until ${time(deadline)}`),
    ),
    why.map((each) => element("p", {}, whyTodo(each))),
    notice && element("p", { class: "soft" }, noticeName(notice.kind)),
    element(
      "p",
      { class: "soft" },
      element("a", { href: `#/payments/${encodeURIComponent(paymentId)}` }, paymentId),
      ` \u00b7 ${notice ? noticeState(status) : statusName(status)} \u00b7 since ${time(since)}`,
    ),
  );
}
