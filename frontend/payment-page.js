/** The payment page: a form that becomes an order, and an order that becomes one checkout however often it is sent. */
import { CARDS } from "./account-words.js";
import { config } from "./config.js";
import { errorsOfPerson, focusFirstError, setFieldError } from "./fields.js";
import { AmountError, formatMoney, parseAmount } from "./money.js";
import { lastPaid, saveDraft, savedDraft } from "./order.js";
import { goToPayment, resultAddress, usualWay, whatHappened } from "./ordering.js";
import { isTemporary, listProducts } from "./quittance.js";
import { isOfCard, offerCard } from "./saved-card.js";
import { who } from "./session.js";
import { byId } from "./site.js";
import { welcome } from "./visitor.js";
import { LEAVING } from "./words.js";

const form = byId("payment-form");
const formError = byId("form-error");
const tryAgain = byId("try-again");
const payButton = byId("pay");
const cardButton = byId("pay-with-card");
const service = byId("service");
const amount = byId("amount");
const amountHint = byId("amount-hint");
const assurance = byId("assurance");
const WORDS = LEAVING[usualWay];
/** The API's names of the fields, in the order of the page. */
const fields = { serviceType: service, amount, name: byId("name"), email: byId("email") };

let products = [];
let busy = false;
let release = 0;

/** What this page sells: goods are sent, or only so many are there, and need another form. */
const isService = ({ ships, left }) => !ships && left == null;
const chosenProduct = () => products.find((product) => product.sku === service.value);
const money = (value, product) => formatMoney(value, { ...product, locale: config.locale });

async function loadProducts() {
  formError.hidden = true;
  form.hidden = false;
  try {
    const found = await listProducts();
    products = found.filter(isService);
    byId("elsewhere").hidden = products.length === found.length;
  } catch (error) {
    return showFormError(whatHappened(error), reload);
  }
  showProducts();
}

/** After a failure: whoever pressed the button goes on from the first field. */
async function reload() {
  await loadProducts();
  if (formError.hidden) service.focus();
}

function showProducts() {
  const options = products.map((product) => {
    const price = product.kind === "fixed" ? ` (${money(product.price.amount, product)})` : "";
    return new Option(product.name + price, product.sku);
  });
  const none = products.length === 0;
  service.replaceChildren(new Option("Choose a service", ""), ...options);
  service.disabled = none;
  payButton.disabled = none || busy;
  restoreChoice();
  if (none) showFormError("Nothing is on offer at the moment. Please come back later, or ask us.", reload);
}

/** Service and amount as this tab remembers them, as far as they are still on offer. */
function restoreChoice() {
  const chosen = savedDraft()?.serviceType || (products.length === 1 ? products[0].sku : "");
  service.value = products.some((product) => product.sku === chosen) ? chosen : "";
  showAmount();
}

function showAmount() {
  const product = chosenProduct();
  const open = product?.kind === "open";
  amount.readOnly = !open;
  if (open) amount.value = savedDraft()?.amount ?? "";
  else amount.value = product ? money(product.price.amount, product) : "";
  amount.placeholder = product ? "" : "Choose a service first";
  amountHint.textContent = open ? `In ${product.currency.toUpperCase()}, ${limits(product)}.` : "";
  setFieldError(amount);
  showTotal();
}

function showTotal() {
  if (busy) return;
  const product = chosenProduct();
  const total = product && readAmount(product).amount;
  payButton.textContent = product && total ? `Pay ${money(total, product)}` : "Pay";
}

const limits = (product) => `from ${money(product.price.min, product)} to ${money(product.price.max, product)}`;

function readAmount(product) {
  if (product.kind === "fixed") return { amount: product.price.amount };
  const { price, minorUnits } = product;
  const outside = { error: `Enter an amount ${limits(product)}.` };
  try {
    const value = parseAmount(amount.value, { ...product, locale: config.locale });
    return value < price.min || value > price.max ? outside : { amount: value };
  } catch (error) {
    if (!(error instanceof AmountError)) throw error;
    if (error.reason === "too_large") return outside;
    if (error.reason === "empty") return { error: "Enter the amount to pay." };
    if (error.reason === "not_a_number") return { error: `Enter the amount in digits, such as ${money(price.min, product)}.` };
    return { error: minorUnits ? `Enter at most ${minorUnits} decimals.` : "Enter a whole amount, without decimals." };
  }
}

/** The order, or null with the errors shown. */
function readOrder() {
  formError.hidden = true;
  const name = fields.name.value.trim();
  const email = fields.email.value.trim();
  const product = chosenProduct();
  const total = product ? readAmount(product) : {};
  const wrong = errorsOfPerson(name, email);
  setFieldError(fields.name, wrong.name);
  setFieldError(fields.email, wrong.email);
  setFieldError(service, product ? "" : "Choose a service.");
  setFieldError(amount, total.error);
  if (focusFirstError(Object.values(fields))) return null;
  return { name, email, serviceType: product.sku, amount: total.amount, currency: product.currency };
}

/** @param {string} [card]  the id of a saved one */
async function submit(card) {
  if (busy) return;
  saveDraft(readDraft());
  const order = readOrder();
  if (!order) return;
  setBusy(true);
  try {
    await goToPayment(order, { card });
    // Should the next page never come, the button works again, under the same key.
    release = window.setTimeout(() => setBusy(false), 10_000);
  } catch (error) {
    setBusy(false);
    await showRefusal(error, () => submit(card));
  }
}

async function showRefusal(error, again) {
  if (isOfCard(error)) {
    offerAnother();
    return showFormError(`${CARDS.gone} You have not been charged.`);
  }
  if (error.code !== "validation_failed") {
    showFormError(`${whatHappened(error)} You have not been charged.`, isTemporary(error) && again);
    return;
  }
  if (error.errors.some(({ field }) => ["serviceType", "amount"].includes(field))) {
    // The catalogue may have changed since the page was loaded.
    products = await listProducts().then((found) => found.filter(isService), () => products);
    showProducts();
  }
  const unplaced = [];
  for (const { field, detail } of error.errors) {
    if (field in fields) setFieldError(fields[field], detail);
    else unplaced.push(detail);
  }
  if (unplaced.length || !error.errors.length) showFormError(unplaced.join(" ") || error.message);
  focusFirstError(Object.values(fields));
}

function setBusy(value) {
  clearTimeout(release);
  busy = value;
  payButton.disabled = cardButton.disabled = value || products.length === 0;
  form.setAttribute("aria-busy", value);
  // A live region: the wait is heard as well as seen.
  assurance.textContent = value ? WORDS.wait : WORDS.assurance;
  if (value) payButton.textContent = "One moment\u2026";
  else showTotal();
}

/** With an action, what trying again does. */
function showFormError(message, action) {
  byId("form-error-message").textContent = message;
  tryAgain.hidden = !action;
  tryAgain.onclick = action;
  formError.hidden = false;
  form.hidden = products.length === 0;
  // The button that was pressed is disabled or gone: the keyboard goes on from here.
  formError.focus();
}

function readDraft() {
  // Without the service as long as there is none to choose.
  const typed = Object.fromEntries(new FormData(form));
  // A fixed price is not the visitor's text: what was typed for an open one is kept.
  if (amount.readOnly) delete typed.amount;
  return { ...savedDraft(), ...typed };
}

/** The form as this tab remembers it, over what the browser put back by itself; after a purchase, an empty one. */
function restoreForm() {
  const draft = savedDraft();
  const paid = lastPaid();
  if (draft || paid) {
    fields.name.value = draft?.name ?? "";
    fields.email.value = draft?.email ?? "";
    if (products.length) restoreChoice();
  }
  // Who is signed in need not type that.
  for (const part of ["name", "email"]) fields[part].value ||= who()[part];
  byId("paid-before").hidden = !paid;
  if (paid) byId("paid-before-link").href = resultAddress(paid);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("input", ({ target }) => {
  if (target === service) showAmount();
  else if (target === amount) showTotal();
  setFieldError(target);
  saveDraft(readDraft());
});
window.addEventListener("pageshow", ({ persisted }) => {
  // Back from the back-forward cache, where the page had been left busy.
  if (persisted) setBusy(false);
  // By now the browser has put back what it remembered of the form.
  restoreForm();
});

welcome();
assurance.textContent = WORDS.assurance;
restoreForm();
loadProducts();
const offerAnother = offerCard(cardButton, submit);
