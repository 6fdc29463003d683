/** The page with the form: an order of this tab's, Stripe's form for it, and what comes of paying. */
import { config } from "./config.js";
import { formatMoney } from "./money.js";
import { UNPAID, attemptOf, opened, renewalOf, tryCard } from "./order.js";
import { cancelOrder, goToPayment, payAddress, place, resultAddress, send, whatHappened } from "./ordering.js";
import { mountForm } from "./payment-form.js";
import { getPayment, isTemporary } from "./quittance.js";
import { byId } from "./site.js";
import { FormMissingError } from "./stripe-element.js";
import { orderHeading, sumRows } from "./sums.js";
import { welcome } from "./visitor.js";
import { ORDER, PAY, reasonOf } from "./words.js";

const paymentId = new URLSearchParams(location.search).get("paymentId") ?? "";
const payForm = byId("payment-form");
const payButton = byId("pay");
const assurance = byId("assurance");
const problem = byId("problem");
const cancel = byId("cancel");
const ASSURANCE = assurance.textContent;
const CLOCK_SKEW = 300_000;

/** @type {Awaited<ReturnType<typeof mountForm>> | null} it alone has the payment's secret */
let stripeForm = null;
let busy = true;
let amount = "";

const attempt = () => attemptOf(paymentId);
/** Where the order was made, and is still filled in. */
const formAddress = (known) => (known?.isCart ? "shop.html#cart" : "index.html");
const leaveForResult = (id = paymentId) => location.replace(resultAddress(id));

/**
 * Asks for the payment again, the same order under the same key: that answers its secret, and how it stands. The sentence
 * is told if it can still be paid.
 */
async function open(sentence = "") {
  hideProblem();
  const known = attempt();
  // Another tab's, or over: its result tells.
  if (!known?.key) return leaveForResult();
  setBusy(true);
  let card = null;
  try {
    const answer = await send(known);
    card = answer.paymentMethodId;
    // After a day a key stands for another payment.
    if (answer.paymentId !== paymentId) {
      opened(known, answer);
      return location.replace(payAddress(answer.paymentId));
    }
    if (!answer.clientSecret) return await renew(known, answer);
    await show(known, answer);
    if (!sentence && answer.status === "failed") sentence = reasonOf((await getPayment(paymentId)).failure);
  } catch (error) {
    return showRefusal(error);
  }
  // Whoever ordered has said already what to pay with, and it is still theirs.
  if (card && !known.isTried && !sentence) return payBy("confirmSaved");
  setBusy(false);
  if (sentence) showProblem(`${sentence} ${PAY.uncharged}`);
  else if (known.isRenewal) showProblem(PAY.openedAgain);
}

async function show(known, answer) {
  const { order, clientSecret } = answer;
  const { currency } = JSON.parse(known.order);
  amount = formatMoney(order.total, { currency, locale: config.locale });
  byId("order-heading").replaceChildren(...orderHeading(order));
  byId("sums").replaceChildren(...sumRows(order, currency));
  byId("order").hidden = false;
  byId("change-order").href = formAddress(known);
  byId("ways").hidden = false;
  payForm.hidden = false;
  // What is typed in it stays.
  if (stripeForm?.clientSecret === clientSecret) return;
  stripeForm?.remove();
  stripeForm = null;
  stripeForm = await mountForm(byId("payment-element"), answer, payAddress(paymentId));
}

/** Its time was over: the same order once more, unless it was closed before that, or it is the second time. */
async function renew(known, { status, expiresAt }) {
  if (!UNPAID.includes(status)) return leaveForResult();
  const { failure } = await getPayment(paymentId);
  const closedEarly = Date.now() < Date.parse(expiresAt) - CLOCK_SKEW;
  if (closedEarly && failure) return showOver(PAY.closedEarly);
  if (known.isRenewal) return showOver(PAY.overAgain);
  // Whoever called it off did not mean it to come back by itself.
  if (closedEarly) return showCalledOff(known);
  await openAgain(known);
}

const openAgain = async (known) => location.replace(await place(renewalOf(known)));

function showCalledOff(known) {
  hideOrder();
  const tryAgain = () => {
    hideProblem();
    openAgain(known).catch(showRefusal);
  };
  showProblem(PAY.calledOff, { tryAgain, tryAgainWords: PAY.openAgain });
}

async function pay() {
  if (busy || !stripeForm) return;
  hideProblem();
  byId("announcement").textContent = "";
  await payBy("confirm");
}

/** @param {"confirm" | "confirmSaved"} how */
async function payBy(how) {
  setBusy(true, PAY.paying);
  tryCard(paymentId);
  const { outcome, error } = (await stripeForm?.[how]()) ?? { outcome: "unknown", error: null };
  if (outcome === "unknown") await look();
  else follow(outcome, error);
}

/** After a call that nobody answered: Stripe alone knows whether it was paid. */
async function look() {
  hideProblem();
  setBusy(true, PAY.looking);
  const outcome = (await stripeForm?.look().catch(() => null)) ?? "unknown";
  if (outcome !== "unknown") return follow(outcome, null);
  // Not to be paid again before that is known; what is typed stays in it.
  payForm.hidden = true;
  showProblem(PAY.unknown, { tryAgain: look, tryAgainWords: PAY.checkNow, showsResult: true });
}

function follow(outcome, error) {
  const sentence = error ? told(error) : PAY.notPaid;
  if (outcome === "done") return leavePaid();
  if (outcome === "over") return open(sentence);
  payForm.hidden = false;
  setBusy(false);
  if (outcome !== "incomplete") return showProblem(`${sentence} ${PAY.uncharged}`);
  // The form shows it beside its field.
  byId("announcement").textContent = error.message;
  stripeForm?.focus();
}

/** Stripe's news may be late, and the result of an earlier try would be told: so the API hears of it first. */
async function leavePaid() {
  // The result page says so itself if nobody can be asked.
  const known = attempt();
  if (known?.key) await send(known).catch(() => null);
  leaveForResult();
}

const told = ({ decline_code: decline, code, message }) => reasonOf({ code: decline ?? code ?? "", message });

function showRefusal(error) {
  const isMissing = error instanceof FormMissingError;
  if (!isMissing && !isTemporary(error)) return showOver(`${whatHappened(error)} ${PAY.uncharged}`);
  // A button that cannot be pressed is none.
  payForm.hidden = true;
  cancel.disabled = false;
  showProblem(isMissing ? PAY.noForm : `${whatHappened(error)} ${PAY.uncharged}`, { tryAgain: open, paysAtStripe: isMissing });
}

/** It cannot be paid. */
function hideOrder() {
  byId("ways").hidden = true;
  payForm.hidden = true;
}

function showOver(message) {
  hideOrder();
  showProblem(message, { startsAgain: true });
}

/**
 * @param {string} message
 * @param {{tryAgain?: () => void, tryAgainWords?: string, paysAtStripe?: boolean, startsAgain?: boolean,
 *   showsResult?: boolean}} [ways]  what can be done
 */
function showProblem(message, { tryAgain, tryAgainWords = PAY.tryAgain, paysAtStripe, startsAgain, showsResult } = {}) {
  byId("loading").hidden = true;
  byId("problem-message").textContent = message;
  byId("try-again").hidden = !tryAgain;
  byId("try-again").textContent = tryAgainWords;
  byId("try-again").onclick = () => tryAgain?.();
  byId("pay-at-stripe").hidden = !paysAtStripe;
  byId("start-again").hidden = !startsAgain;
  byId("start-again").href = formAddress(attempt());
  byId("to-result").hidden = !showsResult;
  byId("to-result").href = resultAddress(paymentId);
  problem.hidden = false;
  // The button that was pressed is disabled or gone: the keyboard goes on from here.
  problem.focus();
}

function hideProblem() {
  problem.hidden = true;
}

/** With a sentence, what is being waited for; without, the form is being loaded. */
function setBusy(value, sentence = "") {
  busy = value;
  byId("loading").hidden = !value || Boolean(sentence);
  payButton.disabled = value;
  cancel.disabled = value;
  payForm.setAttribute("aria-busy", value);
  payButton.textContent = sentence ? PAY.busy : PAY.pay(amount);
  // A live region: the wait is heard as well as seen.
  assurance.textContent = sentence || ASSURANCE;
}

async function payAtStripe() {
  hideProblem();
  setBusy(true);
  try {
    await goToPayment(JSON.parse(attempt().order), { way: "hosted" });
  } catch (error) {
    showRefusal(error);
  }
}

async function callOrderOff() {
  cancel.disabled = true;
  byId("cancel-error").textContent = "";
  try {
    await cancelOrder(attempt());
    leaveForResult();
  } catch (error) {
    byId("cancel-error").textContent = error.code === "not_cancelable" ? ORDER.notCanceled : whatHappened(error);
    cancel.disabled = false;
    lookElsewhere();
  }
}

/** It may have been paid in another tab meanwhile. */
async function lookElsewhere() {
  if (busy || document.hidden) return;
  const now = await getPayment(paymentId).catch(() => null);
  if (now && !now.payable && !busy) open();
}

payForm.addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
cancel.addEventListener("click", callOrderOff);
byId("pay-at-stripe").addEventListener("click", payAtStripe);
document.addEventListener("visibilitychange", lookElsewhere);
window.addEventListener("pageshow", ({ persisted }) => {
  // Back from a bank's page, or from the next one: what is shown may be old.
  if (persisted) open();
});

welcome(config.stripeJs, "https://api.stripe.com");
open();
