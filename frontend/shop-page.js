/** The shop: products become a cart, and the cart with its form becomes an order. */
import { CARDS } from "./account-words.js";
import { addressFields, errorsOfAddress, readAddress } from "./address-fields.js";
import { MOST_LINES, availableOf, cartLines, currencyOf, emptyCart, hindranceOf, mostOf, put, quantityOf, saveForm, savedForm } from "./cart.js";
import { cardOf } from "./cards.js";
import { cartItems } from "./cart-list.js";
import { config } from "./config.js";
import { element } from "./elements.js";
import { errorsOfPerson, focusFirstError, setFieldError } from "./fields.js";
import { dropQuote, latestQuote } from "./latest-quote.js";
import { formatMoney } from "./money.js";
import { releaseHeld } from "./order.js";
import { goToPayment, usualWay, whatHappened } from "./ordering.js";
import { isTemporary, listProducts } from "./quittance.js";
import { isOfCard, offerCard } from "./saved-card.js";
import { who } from "./session.js";
import { byId } from "./site.js";
import { sumRows } from "./sums.js";
import { welcome } from "./visitor.js";
import { LEAVING, SHOP, currencyName } from "./words.js";

const form = byId("order-form");
const formError = byId("form-error");
const payButton = byId("pay");
const cardButton = byId("pay-with-card");
const assurance = byId("assurance");
const otherBilling = byId("other-billing");
const WORDS = LEAVING[usualWay];

/** @type {Map<string, import("./quittance.js").Product>} */
let products = new Map();
/** @type {ReturnType<typeof cardOf>[]} */
let cards = [];
/** @type {import("./quittance.js").PlacedOrder | null} what the cart costs, as long as it is that cart */
let quoted = null;
let busy = false;
let release = 0;

const ships = () => cartLines().some(({ sku }) => products.get(sku)?.ships);
const hindered = () => cartLines().find((line) => hindranceOf(line, products));
const country = () => (ships() ? form.elements["address.country"].value : "");
const money = (amount) => formatMoney(amount, { currency: currencyOf(products) ?? "usd", locale: config.locale });
const itemsOf = () => cartLines().map(({ sku, quantity }) => ({ sku, quantity }));

// Products

async function loadProducts() {
  byId("load-error").hidden = true;
  byId("loading").hidden = false;
  try {
    showProducts(await listProducts());
  } catch (error) {
    showLoadError(whatHappened(error));
  } finally {
    byId("loading").hidden = true;
  }
}

/** What has a price for the customer to choose is no goods: the payment page takes it. */
function showProducts(found) {
  products = new Map(found.filter(({ kind }) => kind === "fixed").map((product) => [product.sku, product]));
  cards = [...products.values()].map((product) => cardOf(product, add));
  byId("products").replaceChildren(...cards.map(({ card }) => card));
  byId("elsewhere").hidden = !found.some(({ ships: isSent, left }) => !isSent && left === null);
  byId("cart").hidden = products.size === 0;
  if (products.size === 0) showLoadError(SHOP.nothing);
  showCart();
}

/** What is left may be another number by now; the page stays as it is if nobody says. */
async function reloadProducts() {
  const found = await listProducts().catch(() => null);
  if (found) showProducts(found);
}

function showLoadError(message) {
  byId("load-error-message").textContent = message;
  byId("load-error").hidden = false;
  byId("load-error").focus();
}

function add(product) {
  const current = cards.find((each) => each.product === product);
  const currency = currencyOf(products);
  const most = mostOf(product);
  if (currency && currency !== product.currency) {
    const sentence = SHOP.otherCurrency(currencyName(currency), currencyName(product.currency));
    return current?.update(sentence, element("button", { class: "button quiet", type: "button", click: startAnew }, SHOP.emptyFor));
  }
  if (!quantityOf(product.sku) && cartLines().length >= MOST_LINES) return current?.update(SHOP.fullCart(MOST_LINES));
  if (quantityOf(product.sku) >= most) return current?.update(SHOP.allInCart(most, availableOf(product) === most));
  put(product, quantityOf(product.sku) + 1);
  showCart();

  function startAnew() {
    emptyCart();
    put(product, 1);
    showCart();
    byId(`add-${product.sku}`).focus();
  }
}

// The cart

function showCart() {
  formError.hidden = true;
  for (const card of cards) card.update();
  const focused = document.activeElement?.id;
  byId("lines").replaceChildren(...cartItems(products, showCart));
  // Whoever changed a line goes on there; where it is gone, at the cart.
  if (focused && !document.activeElement?.id) (byId(focused) ?? byId("cart-heading")).focus();
  const isEmpty = cartLines().length === 0;
  byId("cart-empty").hidden = !isEmpty;
  form.hidden = isEmpty;
  showAddresses();
  requote();
}

function showAddresses() {
  const billed = otherBilling.checked;
  byId("shipping").hidden = !ships();
  byId("billing").hidden = !billed;
  otherBilling.nextElementSibling.textContent = SHOP.otherBilling(ships());
}

// What it costs

async function requote() {
  dropQuote();
  quoted = null;
  byId("quote-error").hidden = true;
  if (cartLines().length === 0) return;
  if (hindered() || (ships() && !country())) return showSums(hindered() ? SHOP.lookAtCart : SHOP.chooseCountry);
  showSums(SHOP.adding);
  const address = country() && { address: { country: country() } };
  try {
    const order = await latestQuote({ items: itemsOf(), ...address });
    if (order) showQuote(order);
  } catch (error) {
    showQuoteError(error);
  }
}

function showQuote(order) {
  quoted = order;
  showSums("");
}

/** The sums as far as they are known, and what is to come. */
function showSums(note) {
  const known = cartLines().filter(({ sku }) => products.has(sku));
  const lines = known.map(({ sku, quantity }) => ({ ...products.get(sku), quantity, unit: products.get(sku).price.amount }));
  const order = quoted ?? { lines, shipping: null, tax: [], total: null };
  byId("sums").replaceChildren(...sumRows(order, currencyOf(products) ?? "usd"));
  byId("summary-note").textContent = note;
  showButton();
}

function showQuoteError(error) {
  showSums("");
  const field = form.elements["address.country"];
  const unplaced = (error.errors ?? []).filter((each) => each.field !== "address.country" || !ships());
  if (error.code === "validation_failed" && !unplaced.length) {
    setFieldError(field, error.errors[0].detail);
    return;
  }
  byId("quote-error-message").textContent = unplaced.map(({ detail }) => detail).join(" ") || whatHappened(error);
  byId("quote-again").hidden = !isTemporary(error);
  byId("quote-error").hidden = false;
}

function showButton() {
  if (busy) return;
  const isFree = quoted?.total === 0;
  payButton.textContent = isFree ? SHOP.order : SHOP.pay(quoted && money(quoted.total));
  assurance.textContent = isFree ? SHOP.nothingToPay : WORDS.assurance;
}

// Ordering

/** The order, or null with the errors shown. */
function readOrder() {
  formError.hidden = true;
  const name = form.elements.name.value.trim();
  const email = form.elements.email.value.trim();
  const note = form.elements.note.value.trim();
  const address = ships() ? readAddress(form, "address", name) : undefined;
  const billingAddress = otherBilling.checked ? readAddress(form, "billingAddress", name) : undefined;
  const errors = {
    ...errorsOfPerson(name, email),
    ...(address && errorsOfAddress("address", address)),
    ...(billingAddress && errorsOfAddress("billingAddress", billingAddress)),
  };
  // That a country is not sent to stays said: the quote has said it.
  const isRefused = address?.country && !quoted && form.elements["address.country"].hasAttribute("aria-invalid");
  if (isRefused) delete errors["address.country"];
  for (const [field, message] of Object.entries(errors)) setFieldError(form.elements[field], message);
  if (focusFirstError(form.elements)) return null;
  const wished = { address, billingAddress, note: note || undefined };
  return { name, email, items: itemsOf(), ...wished, total: quoted?.total, currency: quoted && currencyOf(products) };
}

/** @param {string} [card]  the id of a saved one */
async function submit(card) {
  if (busy) return;
  saveForm(readForm());
  if (hindered()) return showFormError(SHOP.lookAtCart);
  const order = readOrder();
  if (!order) return;
  setBusy(true);
  try {
    if (!quoted) return await quoteFirst();
    await goToPayment(order, { card });
    // Should the next page never come, the button works again, under the same key.
    release = window.setTimeout(() => setBusy(false), 10_000);
  } catch (error) {
    setBusy(false);
    await showRefusal(error, () => submit(card));
  }
}

/** Nobody orders what they have not been told the price of. */
async function quoteFirst() {
  await requote();
  setBusy(false);
  if (quoted) showFormError(SHOP.isTheTotal(money(quoted.total)));
  else byId("summary-heading").focus();
}

async function showRefusal(error, again) {
  if (isOfCard(error)) {
    offerAnother();
    return showFormError(`${CARDS.gone} ${SHOP.uncharged}`);
  }
  if (error.code === "out_of_stock") return showSoldOut(error.errors);
  if (error.code === "price_changed" && error.order) return showNewPrice(error.order);
  if (error.code !== "validation_failed") {
    return showFormError(`${whatHappened(error)} ${SHOP.uncharged}`, isTemporary(error) && again);
  }
  const unplaced = [];
  for (const { field, detail } of error.errors) {
    const control = form.elements[field];
    if (control && !control.closest("[hidden]")) setFieldError(control, detail);
    else unplaced.push(detail);
  }
  // The catalogue may have changed since the page was loaded.
  if (unplaced.length) await reloadProducts();
  if (unplaced.length || !error.errors.length) showFormError(hindered() ? SHOP.lookAtCart : unplaced.join(" ") || error.message);
  focusFirstError(form.elements);
}

/** The cart stays as it is: what becomes of it is the customer's choice. */
function showSoldOut(errors) {
  for (const { sku, left } of errors) {
    const product = products.get(sku);
    if (product) product.left = left;
    // The API has counted what an open payment holds.
    releaseHeld(sku);
  }
  showCart();
  showFormError(`${SHOP.soldOut} ${SHOP.uncharged}`);
}

async function showNewPrice(order) {
  await reloadProducts();
  dropQuote();
  showQuote(order);
  showFormError(`${SHOP.priceChanged(money(order.total))} ${SHOP.uncharged}`);
}

function setBusy(value) {
  clearTimeout(release);
  busy = value;
  payButton.disabled = cardButton.disabled = value;
  form.setAttribute("aria-busy", value);
  if (!value) return showButton();
  payButton.textContent = SHOP.busy;
  // A live region: the wait is heard as well as seen.
  assurance.textContent = WORDS.wait;
}

/** With an action, what trying again does. */
function showFormError(message, action) {
  byId("form-error-message").textContent = message;
  // Beside what there is to do: the cart, or the button.
  if (hindered()) form.prepend(formError);
  else payButton.before(formError);
  byId("try-again").hidden = !action;
  byId("try-again").onclick = action;
  formError.hidden = false;
  // The button that was pressed is disabled or far away: the keyboard goes on from here.
  formError.focus();
}

function readForm() {
  return { ...Object.fromEntries(new FormData(form)), otherBilling: otherBilling.checked };
}

/** The form as this tab remembers it, over what the browser put back by itself; who is signed in need not type that. */
function restoreForm() {
  const saved = savedForm();
  const visitor = who();
  for (const control of form.elements) {
    if (control.name && control !== otherBilling) control.value = saved[control.name] ?? "";
  }
  for (const part of ["name", "email"]) form.elements[part].value ||= visitor[part];
  otherBilling.checked = saved.otherBilling ?? false;
}

byId("shipping").append(...addressFields("address", "shipping"));
byId("billing").append(...addressFields("billingAddress", "billing"));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("input", ({ target }) => {
  if (byId(`${target.id}-error`)) setFieldError(target);
  if (target === otherBilling) showAddresses();
  if (target.name === "address.country") requote();
  saveForm(readForm());
});
byId("quote-again").addEventListener("click", requote);
byId("load-again").addEventListener("click", loadProducts);
window.addEventListener("pageshow", ({ persisted }) => {
  // By now the browser has put back what it remembered of the form.
  restoreForm();
  if (!persisted) return;
  // Back from the back-forward cache, where the page had been left busy; the cart may have been paid since.
  setBusy(false);
  reloadProducts();
});

welcome();
restoreForm();
loadProducts();
const offerAnother = offerCard(cardButton, submit);
