/** Whoever is before a customer's page, signed in or not. */
import { signIn, signOut } from "./session.js";
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
