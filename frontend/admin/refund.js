/**
 * Money back. A refund is sent under an Idempotency-Key that this tab keeps until there is an answer: whatever is
 * clicked or loaded again until then repeats the same request, which Stripe is asked for once.
 */
import { config } from "../config.js";
import { AmountError, parseAmount } from "../money.js";
import { newIdempotencyKey } from "../quittance.js";
import { perform } from "./deeds.js";
import { button, element, field, isolated, select } from "./elements.js";
import { money } from "../format.js";
import { who } from "../session.js";
import { REASONS } from "./words.js";

/** @typedef {{key: string, intent: string | null, amount: number, currency: string, reason: string, of: number}} Wanted */

const STORE = "quittance-desk-refunds";
const BANKS = "It goes back the way it came and cannot be called back; banks usually take 5 to 10 days to show it.";
const ONCE = "Sent again it is the same request, made once.";
const KEPT = "It is seen to its end by itself; do not ask for it again.";
const BLOCKS = "Stripe will block the card and the mail address from now on.";

/** @returns {Record<string, Wanted>} by who wanted it and the payment */
const recall = () => JSON.parse(sessionStorage.getItem(STORE) ?? "{}");

// To the API a key is its caller's own: sent by the next who signs in here, it would be another refund.
const nameOf = (paymentId) => `${who().sub} ${paymentId}`;

/** @param {string} name @param {Wanted} [wanted]  none: it is answered */
function remember(name, wanted) {
  sessionStorage.setItem(STORE, JSON.stringify({ ...recall(), [name]: wanted }));
}

/** The part of a payment's view that gives money back. */
export function refundPart(desk, payment, draw) {
  const waiting = recall()[nameOf(payment.paymentId)];
  if (waiting) return unanswered(desk, payment, draw, waiting);
  if (payment.refundable.length) return form(desk, payment, draw);
  return payment.received.length ? element("p", {}, "Nothing is left to refund.") : null;
}

function unanswered(desk, payment, draw, wanted) {
  const drop = () => {
    remember(nameOf(payment.paymentId));
    draw(payment);
    desk.tell("It is not sent again from here. What became of it is under \u201cRefund requests\u201d.");
  };
  return element(
    "div",
    { class: "notice", id: "unanswered" },
    element("p", {}, `A refund of ${money(wanted)} was sent, and no answer has come. ${ONCE}`),
    element(
      "p",
      { class: "actions" },
      button("Send it again", () => perform(desk, payment, draw, deedOf(payment, wanted)), false),
      button("Leave it", drop),
    ),
  );
}

function form(desk, payment, draw) {
  const { refundable } = payment;
  const choices = refundable.map((each, at) => [String(at), `${money(each)} of ${each.intent ?? "an intent not known yet"}`]);
  const which = select({ id: "refund-intent", change: () => suggest() }, choices);
  const amount = element("input", { id: "refund-amount", inputmode: "decimal", autocomplete: "off" });
  const problem = element("p", { class: "field-error", id: "refund-problem" });
  const reason = select({ id: "refund-reason" }, REASONS);
  const chosen = () => refundable[Number(which.value) || 0];
  const suggest = () => {
    amount.value = money(chosen());
  };
  const amountField = field("Amount", amount, "All that can be refunded, unless you change it.");
  amountField.append(problem);
  amount.setAttribute("aria-describedby", "refund-amount-hint refund-problem");
  suggest();
  const made = element(
    "form",
    { novalidate: true },
    refundable.length > 1 && field("Which money", which),
    amountField,
    field("Reason", reason, "For Stripe and your books; the customer is not told."),
    element("p", { class: "actions" }, element("button", { class: "button", type: "submit" }, "Refund\u2026")),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const source = chosen();
    const wanted = amountIn(amount.value, source);
    problem.textContent = wanted ? "" : `Enter an amount of at most ${money(source)}.`;
    amount.setAttribute("aria-invalid", String(!wanted));
    if (!wanted) return amount.focus();
    const request = { ...source, key: newIdempotencyKey(), amount: wanted, of: source.amount, reason: reason.value };
    perform(desk, payment, draw, { ...deedOf(payment, request), question: questionOf(payment, request) });
  });
  return made;
}

/** Minor units; 0 for what is no amount, or too much. */
function amountIn(text, { amount, currency }) {
  try {
    const typed = parseAmount(text, { currency, locale: config.locale });
    return typed <= amount ? typed : 0;
  } catch (error) {
    if (error instanceof AmountError) return 0;
    throw error;
  }
}

function questionOf({ name }, { amount, currency, of, reason }) {
  const sum = money({ amount, currency });
  const stays = of > amount ? [`${money({ amount: of - amount, currency })} can still be refunded after that.`] : [];
  return {
    title: [`Refund ${sum} of ${money({ amount: of, currency })} to `, isolated(name ?? "the customer"), "?"],
    text: [BANKS, ...stays, ...(reason === "fraudulent" ? [BLOCKS] : [])],
    yes: `Refund ${sum}`,
  };
}

/** @param {any} payment @param {Wanted} wanted @returns {import("./deeds.js").Deed} */
function deedOf({ paymentId }, wanted) {
  const { key, intent, amount, currency, reason } = wanted;
  const sum = money({ amount, currency });
  const name = nameOf(paymentId);
  return {
    path: "/refunds",
    body: { amount, ...(intent && { intent }), ...(reason && { reason }) },
    key,
    begin: () => remember(name, wanted),
    decided: () => remember(name),
    done: ({ status }) =>
      status === 202
        ? `The refund of ${sum} is on record, and Stripe has not answered yet. ${KEPT}`
        : `Stripe has taken the refund of ${sum}.`,
  };
}
