/** Adding a card: Stripe's form for a setup, which charges nothing. */
import { beginCard } from "./account.js";
import { partOf } from "./account-part.js";
import { ACCOUNT, ADD } from "./account-words.js";
import { config } from "./config.js";
import { isSignedIn, token } from "./session.js";
import { byId } from "./site.js";
import { FormMissingError, mountElement, outcomeOf, stripeOf } from "./stripe-element.js";
import { welcome } from "./visitor.js";
import { reasonOf } from "./words.js";

const form = byId("card-form");
const save = byId("save");
const assurance = byId("assurance");
const ASSURANCE = assurance.textContent;
const part = partOf("card", () => showSignedOut(ACCOUNT.ended));

/** @type {string | undefined} the secret of a setup that a bank's page has led back from */
let cameBackFrom = window.takenFromAddress?.setup_intent_client_secret;
/** @type {string} */
let secret = "";
/** @type {Awaited<ReturnType<typeof mountElement>> | null} */
let element = null;
let busy = false;

/** Begins a setup, after a look at the one that is known of: a card may be saved already. */
async function open() {
  if (!isSignedIn()) return showSignedOut(ADD.signIn);
  form.hidden = true;
  save.disabled = true;
  let news = "";
  const isOpen = await part.load({
    busy: ADD.loading,
    ask: async () => {
      const setup = await beginCard({ token });
      if (cameBackFrom && (await isSaved(setup, cameBackFrom))) return leaveSaved();
      if (cameBackFrom) news = ADD.notConfirmed;
      cameBackFrom = undefined;
      secret = setup.clientSecret;
      element?.remove();
      element = null;
      form.hidden = false;
      element = await mountElement(byId("payment-element"), setup);
    },
    show: () => setBusy(false),
    retry: open,
    wordsOf,
  });
  if (!isOpen) form.hidden = true;
  else if (news) part.tell(news);
}

/** Nobody could be asked what became of a setup. */
class UnknownError extends Error {
  temporary = true;
}

function wordsOf(error) {
  if (error instanceof UnknownError) return ADD.unknown;
  return error instanceof FormMissingError ? ADD.noForm : undefined;
}

async function isSaved({ publishableKey }, before) {
  const stripe = await stripeOf(publishableKey);
  const { outcome } = await outcomeOf(() => stripe.retrieveSetupIntent(before));
  if (outcome === "unknown") throw new UnknownError();
  return outcome === "done";
}

async function confirm() {
  if (busy || !element) return;
  part.hush();
  byId("announcement").textContent = "";
  setBusy(true, ADD.saving);
  const { stripe, elements } = element;
  const confirmParams = {
    return_url: new URL("card.html", location.href).href,
    // Whoever adds a card agrees to see it again.
    payment_method_data: { allow_redisplay: "always" },
  };
  follow(await outcomeOf(() => stripe.confirmSetup({ elements, redirect: "if_required", confirmParams })));
}

/** After a call that nobody answered: Stripe alone knows whether it was saved. */
async function look() {
  part.hush();
  setBusy(true, ADD.looking);
  follow(await outcomeOf(() => element?.stripe.retrieveSetupIntent(secret)), ADD.notSaved);
}

/** @param {import("./stripe-element.js").Came} came @param {string} [otherwise]  what is said where nothing tells why */
function follow({ outcome, error }, otherwise = ADD.notConfirmed) {
  if (outcome === "done") return leaveSaved();
  if (outcome === "over") return open();
  if (outcome === "unknown") return part.tell(ADD.unknown, look);
  setBusy(false);
  if (outcome === "declined") return part.tell(error ? refusalWords(error) : otherwise);
  // The form shows it beside its field.
  byId("announcement").textContent = error.message;
  element?.focus();
}

function refusalWords(error) {
  if (error.code === "setup_intent_authentication_failure") return ADD.notConfirmed;
  // What hides a suspicion reads as what hides none.
  return error.code === "card_declined" ? ADD.declined : reasonOf(error);
}

const leaveSaved = () => location.replace("account.html#card-saved");

function showSignedOut(words) {
  form.hidden = true;
  part.tell(words);
}

function setBusy(value, sentence = "") {
  busy = value;
  save.disabled = value;
  form.setAttribute("aria-busy", value);
  save.textContent = value ? ACCOUNT.leaving : ADD.save;
  // A live region: the wait is heard as well as seen.
  assurance.textContent = sentence || ASSURANCE;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  confirm();
});
window.addEventListener("pageshow", ({ persisted }) => {
  // From the back-forward cache: the setup may be over, and who was signed in may have left.
  if (persisted) open();
});

welcome(config.stripeJs, "https://api.stripe.com");
open();
