/** Whoever is before a customer's page: who they are said to be at its top, and the ways in and out. */
import { ACCOUNT } from "./account-words.js";
import { config } from "./config.js";
import { element } from "./elements.js";
import { whyNot } from "./issuer.js";
import { SIGNED_OUT, isSignedIn, issuerAddresses, signIn, signOut, who } from "./session.js";
import { dressPage } from "./site.js";
import { forgetPerson } from "./tab.js";

/** Where the issuer sends customers back to, whatever page they came from: it need know this address alone. */
export const HERE = new URL("account.html", import.meta.url).href;

/** Leaves for the issuer, to come back to a page of ours. @param {string} page */
export const signInFor = (page) => signIn(HERE, page);

/** Signs out; `stay` is done where the issuer has no page for that. @param {() => void} stay */
export function leave(stay) {
  forgetPerson();
  if (!signOut(HERE)) stay();
}

/** Dresses a page, which may call the API, the issuer and `others`, and says who is signed in, where anybody can be. */
export function welcome(...others) {
  dressPage(...others, ...(config.issuer ? issuerAddresses() : []));
  if (!config.issuer) return;
  const place = element("div", { id: "visitor" });
  document.querySelector("header")?.append(place);
  const show = () => place.replaceChildren(...(isSignedIn() ? insideWays() : outsideWays()));
  window.addEventListener(SIGNED_OUT, show);
  // From the back-forward cache: who was signed in then may have left.
  window.addEventListener("pageshow", show);
  show();
}

const insideWays = () => [
  element("p", {}, ACCOUNT.signedInAs, element("bdi", { id: "who-name" }, who().called)),
  element("a", { href: "account.html" }, ACCOUNT.title),
  element("button", { class: "link", type: "button", click: () => leave(() => location.reload()) }, ACCOUNT.signOut),
];

function outsideWays() {
  const trouble = element("p", { class: "field-error", role: "alert" });
  const button = element("button", { class: "link", type: "button", click: start }, ACCOUNT.signIn);
  return [button, trouble];

  async function start() {
    button.disabled = true;
    trouble.textContent = "";
    try {
      await signInFor(location.href);
    } catch (error) {
      button.disabled = false;
      trouble.textContent = whyNot(error);
    }
  }
}
