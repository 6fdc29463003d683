/** The account: who is signed in, and the parts of it. */
import { ACCOUNT, ADD } from "./account-words.js";
import { config } from "./config.js";
import { whyNot } from "./issuer.js";
import { ownCards } from "./own-cards.js";
import { ownPayments } from "./own-payments.js";
import { finishSignIn, isSignedIn, issuerAddresses, who } from "./session.js";
import { byId, dressPage } from "./site.js";
import { receive } from "./tab.js";
import { HERE, leave, signInFor } from "./visitor.js";

const heading = byId("heading");
const signInButton = byId("sign-in");
const hasEnded = () => showSignedOut(ACCOUNT.ended);
const payments = ownPayments(hasEnded);
const cards = ownCards(hasEnded);

function show() {
  if (!isSignedIn()) return showSignedOut(ACCOUNT.invitation);
  byId("signed-out").hidden = true;
  byId("account").hidden = false;
  byId("who-name").textContent = who().called;
  payments.load();
  cards.load(takeNews());
}

/** What a page before this one has brought about, said once. */
function takeNews() {
  if (location.hash !== "#card-saved") return "";
  history.replaceState(null, "", "#cards");
  return ADD.saved;
}

/** @param {string} words  why, or what for @param {boolean} [canSignIn] */
function showSignedOut(words, canSignIn = true) {
  const wasShown = !byId("account").hidden;
  byId("account").hidden = true;
  payments.clear();
  cards.clear();
  byId("invitation").textContent = words;
  signInButton.hidden = !canSignIn;
  signInButton.disabled = false;
  byId("signed-out").hidden = false;
  if (wasShown || words !== ACCOUNT.invitation) heading.focus();
}

async function signIn() {
  signInButton.disabled = true;
  try {
    await signInFor(`account.html${location.hash}`);
  } catch (error) {
    showSignedOut(whyNot(error));
  }
}

async function start() {
  const query = new URLSearchParams(location.search);
  // A code in the address would be in the history, and in what is shared.
  if (query.has("state")) history.replaceState(null, "", location.pathname + location.hash);
  if (!config.issuer) {
    dressPage();
    return showSignedOut(ACCOUNT.notSetUp, false);
  }
  dressPage(...issuerAddresses());
  signInButton.addEventListener("click", signIn);
  byId("sign-out").addEventListener("click", () => leave(() => showSignedOut(ACCOUNT.signedOut)));
  window.addEventListener("pageshow", ({ persisted }) => {
    // From the back-forward cache: who was signed in then may have left.
    if (persisted) show();
  });
  try {
    const view = await finishSignIn(query);
    if (view) receive(who().sub);
    const { pathname, hash } = new URL(view ?? location.href, HERE);
    if (pathname !== new URL(HERE).pathname) return location.replace(view);
    if (view) history.replaceState(null, "", location.pathname + hash);
  } catch (error) {
    return showSignedOut(whyNot(error));
  }
  show();
}

start();
