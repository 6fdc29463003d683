/** The result page: tells how a payment stands, watches it until that is final, and offers the way on. */
import { config } from "./config.js";
import { formatMoney } from "./money.js";
import { savedDraft, settle } from "./order.js";
import { ProblemError, watchPayment } from "./quittance.js";
import { byId, dressPage, setTitle, webAddress } from "./site.js";
import { wordsFor } from "./words.js";

const UNPAID = ["pending", "failed", "expired", "canceled"];
/** What a payment that stays pending is shown as to the end. */
const STAY = ["left_checkout", "not_payable"];

const address = new URLSearchParams(location.search);
const paymentId = address.get("paymentId") ?? "";
const leftCheckout = address.get("checkout") === "canceled";

const status = byId("status");
const heading = byId("heading");
const retry = byId("retry");
const checkAgain = byId("check-again");

let state = "loading";
let payment = null;
let watching = new AbortController();

async function watch() {
  watching.abort();
  watching = new AbortController();
  const { signal } = watching;
  try {
    const { outcome } = await watchPayment(paymentId, { signal, onStatus, onTrouble });
    if (outcome !== "final" && !(outcome === "gone_quiet" && STAY.includes(state))) show(outcome);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ProblemError)) throw error;
    show(error.status === 404 || error.status === 400 ? "not_found" : "unreachable");
  }
}

function onStatus(now) {
  payment = now;
  settle(now);
  show(now.status === "pending" ? stateOfPending() : now.status);
}

function stateOfPending() {
  if (!payment.payable) return "not_payable";
  return leftCheckout ? "left_checkout" : "pending";
}

function onTrouble(_, failures) {
  // One lost answer is no news to someone who has just seen how things stand.
  if (!payment || failures > 1) show("unreachable");
}

function show(now) {
  state = now;
  const words = wordsFor(state, payment, money, Boolean(savedDraft()));
  status.dataset.status = state;
  status.dataset.sign = words.sign;
  setTitle(words.heading);
  setText(heading, words.heading);
  setText(byId("message"), words.message);
  const thanks = state === "succeeded" ? config.business.afterPayment : "";
  setText(byId("next"), [words.next, thanks].filter(Boolean).join(" "));
  byId("next-heading").hidden = !words.next;
  showDetails();
  showActions(words.isOver);
}

function showDetails() {
  byId("details").hidden = !payment;
  if (!payment) return;
  const { order, amount, amountRefunded, transactionId, createdAt } = payment;
  const lines = order.lines.map(({ name, quantity }) => (quantity > 1 ? `${quantity} \u00d7 ${name}` : name));
  setDetail("order", lines.join("\n"));
  setDetail("amount", money(amount));
  setDetail("amount-refunded", amountRefunded > 0 ? money(amountRefunded) : "");
  setDetail("created-at", new Date(createdAt).toLocaleString(config.locale, { dateStyle: "long", timeStyle: "short" }));
  // Where no money moves, the id of an attempt would only look like a payment.
  setDetail("transaction-id", UNPAID.includes(payment.status) ? "" : (transactionId ?? ""));
  setDetail("payment-id", payment.paymentId);
  byId("support-email").search = `subject=${encodeURIComponent(`Payment ${payment.paymentId}`)}`;
}

function showActions(isOver) {
  const checkout = payment?.payable ? webAddress(payment.checkoutUrl) : null;
  if (isOver) setLink(retry, "index.html", "Start again");
  else if (state === "failed") setLink(retry, checkout, "Try again");
  else if (state === "not_found") setLink(retry, "index.html", "Make a payment");
  else setLink(retry, state === "left_checkout" || state === "gone_quiet" ? checkout : null, "Continue to payment");

  setLink(byId("change-order"), state === "left_checkout" || (state === "failed" && checkout) ? "index.html" : null);
  setLink(byId("receipt"), webAddress(payment?.receiptUrl));

  const couldCheck = ["gone_quiet", "unreachable", "not_payable"].includes(state);
  if (!couldCheck && document.activeElement === checkAgain) heading.focus();
  checkAgain.hidden = !couldCheck;
  // Looking again is the safer way on then.
  retry.classList.toggle("quiet", couldCheck);
}

function money(amount) {
  return formatMoney(amount, { currency: payment.currency, locale: config.locale });
}

function setText(target, text) {
  // A live region speaks whenever its text is set.
  if (target.textContent !== text) target.textContent = text;
  target.hidden = !text;
}

function setDetail(id, text) {
  const value = byId(id);
  setText(value, text);
  value.parentElement.hidden = !text;
}

function setLink(link, href, text) {
  link.hidden = !href;
  if (href) link.href = href;
  if (text) link.textContent = text;
}

function start() {
  if (!paymentId) return show("not_found");
  watch();
}

checkAgain.addEventListener("click", () => {
  show(payment && payment.status !== "pending" ? payment.status : "loading");
  watch();
});
window.addEventListener("pageshow", ({ persisted }) => {
  // From the back-forward cache: what is shown may be old.
  if (persisted) start();
});

dressPage("Your payment");
start();
