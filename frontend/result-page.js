/** The result page: tells how a payment stands, watches it until that is final, and offers the way on. */
import { config } from "./config.js";
import { money, time } from "./format.js";
import { UNPAID, accessKeyOf, isCalledOff, isOfShop, keptIn, settle } from "./order.js";
import { cancelOrder, payingAddress, whatHappened } from "./ordering.js";
import { ProblemError, invoiceAddress, watchPayment } from "./quittance.js";
import { byId, setTitle, webAddress } from "./site.js";
import { orderHeading, sumRows } from "./sums.js";
import { welcome } from "./visitor.js";
import { ORDER, wordsFor } from "./words.js";

/** What a payment that stays pending is shown as to the end. */
const STAY = ["left_checkout", "not_payable"];
/** What leads to where one that can be paid is paid. */
const TO_PAYING = { failed: "Try again", left_checkout: "Continue to payment", gone_quiet: "Continue to payment" };

const address = new URLSearchParams(location.search);
const paymentId = address.get("paymentId") ?? "";
const leftCheckout = address.get("checkout") === "canceled";

const status = byId("status");
const heading = byId("heading");
const retry = byId("retry");
const checkAgain = byId("check-again");
const cancel = byId("cancel");
const cancelError = byId("cancel-error");

let state = "loading";
let payment = null;
let watching = new AbortController();

/** `refreshAt` as in watchPayment. */
async function watch(refreshAt) {
  watching.abort();
  watching = new AbortController();
  const { signal } = watching;
  try {
    const { outcome } = await watchPayment(paymentId, { signal, refreshAt, onStatus, onTrouble });
    if (outcome !== "final" && !(outcome === "gone_quiet" && STAY.includes(state))) show(outcome);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ProblemError && [400, 404].includes(error.status)) return show("not_found");
    payment = null;
    show("broken");
    throw error;
  }
}

function onStatus(now) {
  payment = now;
  settle(now);
  if (now.status === "expired" && isCalledOff(paymentId)) return show("canceled");
  if (now.status !== "pending") return show(now.status);
  if (!now.payable) return show("not_payable");
  show(leftCheckout ? "left_checkout" : "pending");
}

function onTrouble(_, failures) {
  // One lost answer is no news to someone who has just seen how things stand.
  if (!payment || failures > 1) show("unreachable");
}

function show(now) {
  state = now;
  const words = wordsFor(state, payment, money, keptIn(paymentId));
  status.dataset.status = state;
  status.dataset.sign = words.sign;
  setTitle(words.heading);
  setText(heading, words.heading);
  setText(byId("message"), words.message);
  const thanks = state === "succeeded" ? config.business.afterPayment : "";
  setText(byId("next"), [words.next, thanks].filter(Boolean).join(" "));
  byId("next-heading").hidden = !words.next;
  showOrder();
  showDetails();
  showActions(words.isOver);
}

/** As it was sold: the catalogue, which may have changed since, is not asked. */
function showOrder() {
  byId("order").hidden = !payment;
  if (!payment) return;
  byId("order-heading").replaceChildren(...orderHeading(payment.order));
  byId("sums").replaceChildren(...sumRows(payment.order, payment.currency));
}

function showDetails() {
  byId("details").hidden = !payment;
  if (!payment) return;
  const { received, returned, createdAt, paidAt, transactionId } = payment;
  setDetail("received", received.map(money).join(" and "));
  setDetail("returned", returned.map(money).join(" and "));
  setDetail("created-at", time(createdAt));
  setDetail("paid-at", paidAt && time(paidAt));
  // Where no money moves, the id of an attempt would only look like a payment.
  setDetail("transaction-id", UNPAID.includes(payment.status) ? "" : transactionId);
  setDetail("payment-id", payment.paymentId);
  byId("support-email").search = `subject=${encodeURIComponent(`Payment ${payment.paymentId}`)}`;
}

function showActions(isOver) {
  const paying = payment?.payable && TO_PAYING[state] ? payingAddress(payment) : null;
  const ofShop = payment && isOfShop(payment);
  const origin = ofShop ? "shop.html#cart" : "index.html";
  const key = accessKeyOf(paymentId);
  if (isOver) setLink(retry, origin, keptIn(paymentId) === "cart" ? "Back to your cart" : "Start again");
  else if (state === "not_found") setLink(retry, "index.html", "Make a payment");
  // Whoever has it in another tab can pay it there.
  else if (state === "failed" && !paying) setLink(retry, origin, "Start again");
  else setLink(retry, paying, TO_PAYING[state]);
  setLink(byId("change-order"), paying && state !== "gone_quiet" ? origin : null);
  setLink(byId("continue"), ofShop && payment.final ? "shop.html" : null);
  setLink(byId("invoice"), payment?.invoiceNumber && key ? invoiceAddress(paymentId, key) : null);
  setLink(byId("receipt"), webAddress(payment?.receiptUrl));
  byId("print").hidden = !payment || UNPAID.includes(payment.status);
  cancel.hidden = !(paying && key);

  const couldCheck = ["gone_quiet", "unreachable", "not_payable"].includes(state);
  if (!couldCheck && document.activeElement === checkAgain) heading.focus();
  checkAgain.hidden = !couldCheck;
  // Looking again is the safer way on then.
  retry.classList.toggle("quiet", couldCheck);
}

function setText(target, text) {
  // A live region speaks whenever its text is set.
  if (target.textContent !== text) target.textContent = text;
}

async function callOrderOff() {
  cancel.disabled = true;
  cancelError.textContent = "";
  watching.abort();
  try {
    onStatus(await cancelOrder({ paymentId, accessKey: accessKeyOf(paymentId) }));
    heading.focus();
  } catch (error) {
    cancelError.textContent = error.code === "not_cancelable" ? ORDER.notCanceled : whatHappened(error);
    // How it stands instead.
    watch([0]);
  } finally {
    cancel.disabled = false;
  }
}

function setDetail(id, text) {
  const value = byId(id);
  value.textContent = text;
  value.parentElement.hidden = !text;
}

function setLink(link, href, text) {
  link.hidden = !href;
  if (href) link.href = href;
  if (text) link.textContent = text;
}

const start = () => (paymentId ? watch() : show("not_found"));

cancel.addEventListener("click", callOrderOff);
byId("print").addEventListener("click", () => window.print());
checkAgain.addEventListener("click", () => {
  show(payment?.status === "processing" ? "processing" : "loading");
  watch([0, 20_000]);
});
window.addEventListener("pageshow", ({ persisted }) => {
  // From the back-forward cache: what is shown may be old.
  if (persisted) start();
});

welcome();
start();
