/**
 * What this tab remembers: it outlives a reload and the way to Stripe and back, and ends with the tab (sessionStorage).
 * No card data is ever here.
 */
const STORE = "quittance";

/**
 * order.js has draft, attempts, open, paid and keys; person is the sub of who signed in last; cart.js has cart, and shop: the fields of its form as typed.
 * Stands in where the browser refuses storage: a double click is covered then, a reload is not.
 * @type {any}
 */
let memory = { draft: null, attempts: [], open: null, paid: null, keys: {}, person: null, cart: [], shop: null };

export function recall() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    if (stored) memory = { ...memory, ...stored };
  } catch {
    // Refused or garbled: what is in memory stands, here and below.
  }
  return memory;
}

/** @param {Record<string, any>} changes @returns {boolean} whether the next page will know, too */
export function remember(changes) {
  memory = { ...recall(), ...changes };
  try {
    sessionStorage.setItem(STORE, JSON.stringify(memory));
    return true;
  } catch {
    return false; // Refused or full.
  }
}

/**
 * Who uses the tab next may be somebody else: of whoever signs out, nothing but the cart stays. An empty draft and not
 * none: gone back to, a page puts it over what the browser has kept of the form.
 */
export const forgetPerson = () =>
  remember({ draft: {}, attempts: [], open: null, paid: null, keys: {}, person: null, shop: null });

/**
 * Takes note of who has signed in. What somebody else has left, whose sign-in ended by itself, goes first.
 * @param {string} sub
 */
export function receive(sub) {
  const { person } = recall();
  if (person && person !== sub) forgetPerson();
  remember({ person: sub });
}
