/** The part of the account with what was ordered, the newest first. */
import { listOwnPayments } from "./account.js";
import { partOf } from "./account-part.js";
import { OWN, statusWords } from "./account-words.js";
import { element } from "./elements.js";
import { money, sums, time } from "./format.js";
import { keepKeys } from "./order.js";
import { payingAddress, resultAddress } from "./ordering.js";
import { invoiceAddress } from "./quittance.js";
import { token } from "./session.js";
import { byId } from "./site.js";
import { orderHeading } from "./sums.js";

/** @param {() => void} leave  what is done when nobody is signed in any more */
export function ownPayments(leave) {
  const part = partOf("payments", leave);
  const list = byId("payment-list");
  const more = byId("more");
  /** @type {string | null} */
  let cursor = null;

  function clear() {
    list.replaceChildren();
    more.hidden = true;
  }

  async function load() {
    clear();
    await read(null, load);
    if (!list.children.length && byId("payments-problem").hidden) part.note.textContent = OWN.none;
  }

  async function goOn() {
    more.disabled = true;
    const before = list.children.length;
    if (await read(cursor, goOn)) {
      // Whoever pressed the button goes on with what it brought.
      list.children[before]?.querySelector("h3").focus();
      if (!cursor) part.note.textContent = OWN.all;
    }
    more.disabled = false;
  }

  /** @param {string | null} from @param {() => void} retry */
  const read = (from, retry) =>
    part.load({
      ask: () => listOwnPayments({ token, cursor: from }),
      show: (page) => {
        keepKeys(page.payments);
        list.append(...page.payments.map(entryOf));
        cursor = page.cursor;
        more.hidden = !cursor;
      },
      retry,
    });

  more.addEventListener("click", goOn);
  return { load, clear };
}

/** @param {import("./account.js").OwnPayment} payment */
function entryOf(payment) {
  const { paymentId, order, createdAt, received, returned, dispute, invoiceNumber, accessKey } = payment;
  const checkout = payment.payable ? payingAddress(payment) : null;
  const invoice = invoiceNumber && invoiceAddress(paymentId, accessKey);
  const heading = `order-${paymentId}`;
  // Which of them a link is about is told to those who do not see it beside the order.
  const link = (href, text, more = {}) =>
    href && element("a", { href, class: "button quiet", "aria-describedby": heading, ...more }, text);
  return element("li", { class: "entry" },
    element("h3", { id: heading, tabindex: "-1" }, orderHeading(order)),
    element("p", { class: "price" }, money(payment)),
    element("p", { class: "hint" }, time(createdAt)),
    element("p", { class: `state ${payment.status}` }, statusWords(payment)),
    element("p", { class: "goods-of" }, goodsOf(order)),
    returned.length > 0 && element("p", { class: "hint" }, OWN.returned(returnedWords(returned, received))),
    dispute === "open" && element("p", { class: "hint" }, OWN.disputed),
    element("p", { class: "actions" },
      checkout && link(checkout, OWN.goOn, { class: "button" }),
      link(resultAddress(paymentId), OWN.details),
      link(invoice, OWN.invoice, { rel: "noreferrer" }),
    ),
  );
}

/** Names in their own direction: Arabic leaves the number before it where it is. */
function goodsOf({ lines }) {
  return lines.flatMap(({ name, quantity }, at) => [
    at > 0 && ", ",
    quantity > 1 && `${quantity} \u00d7 `,
    element("bdi", {}, name),
  ]);
}

function returnedWords(returned, received) {
  const whole = received.find(({ currency }) => currency === returned[0].currency);
  const isPart = returned.length === 1 && whole && whole.amount > returned[0].amount;
  return sums(returned) + (isPart ? OWN.of(money(whole)) : "");
}
