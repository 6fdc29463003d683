/** What the account says, and what every page says of who is signed in. */

const AGAIN = "Sign in again to go on where you were.";

export const ACCOUNT = {
  title: "Your account",
  signIn: "Sign in",
  signOut: "Sign out",
  signedInAs: "Signed in as ",
  invitation: "Signed in, you see what you have ordered here, with its invoices, and the cards that you have saved.",
  ended: `Your sign-in has ended. ${AGAIN}`,
  endedInOrder: "Your sign-in has ended. Sign in again to have this order in your account, or order without it.",
  signedOut: "You are signed out here.",
  notSetUp: "Nobody can sign in here. What you have ordered is in the emails that you got.",
  leaving: "One moment\u2026",
  refused: "You are signed in, but may not see this. Sign out and in again; if that does not help, ask us.",
  missing: "This cannot be shown here at the moment. Please come back later, or ask us.",
  loading: "Loading\u2026",
};

/** By a payment's status. @type {Record<string, string>} */
const STATUSES = {
  pending: "Not paid yet",
  processing: "Your bank is at work",
  succeeded: "Paid",
  failed: "The payment did not go through",
  expired: "Not paid, closed",
  canceled: "Canceled",
  in_review: "Paid, and we are looking at it",
  refunded: "Refunded",
  partially_refunded: "Partly refunded",
};

export const OWN = {
  none: "You have not ordered anything yet.",
  more: "Show older ones",
  all: "These are all.",
  details: "Details",
  invoice: "Invoice",
  goOn: "Continue to payment",
  of: (/** @type {string} */ what) => ` of ${what}`,
  returned: (/** @type {string} */ sums) => `${sums} came back to you, or is on its way.`,
  disputed: "Your bank is asking us about it.",
  newer: "See the details for how it stands.",
};

/** @param {import("./account.js").OwnPayment} payment */
export function statusWords({ status, payable }) {
  if (status === "pending" && !payable) return "Not paid in time";
  return STATUSES[status] ?? OWN.newer;
}

/** As their networks write them. @type {Record<string, string>} */
const BRANDS = {
  amex: "American Express",
  cartes_bancaires: "Cartes Bancaires",
  diners: "Diners Club",
  discover: "Discover",
  eftpos_au: "eftpos",
  jcb: "JCB",
  mastercard: "Mastercard",
  unionpay: "UnionPay",
  visa: "Visa",
};

/** @type {Record<string, string>} */
const WALLETS = { apple_pay: "Apple Pay", google_pay: "Google Pay", link: "Link", samsung_pay: "Samsung Pay" };

/** @param {{brand: string, last4: string}} card */
export const cardName = ({ brand, last4 }) => `${BRANDS[brand] ?? "Card"} \u00b7\u00b7\u00b7\u00b7 ${last4}`;

export const CARDS = {
  none: "You have not saved a card.",
  expires: (/** @type {string} */ when) => `Expires ${when}`,
  expired: (/** @type {string} */ when) => `Expired ${when}`,
  wallet: (/** @type {string} */ wallet) => `From ${WALLETS[wallet] ?? "a wallet"}`,
  gone: "This card is not saved any more. Please pay with another one.",
  payWith: (/** @type {string} */ card) => `Pay with ${card}`,
  remove: "Remove",
  question: (/** @type {string} */ card) => `Remove ${card}? What was paid with it stays paid, and you can save it again.`,
  yes: "Remove it",
  no: "Keep it",
  nowRemoving: "Removing the card\u2026",
  isRemoved: (/** @type {string} */ card) => `${card} is removed.`,
};

/** Adding a card. */
export const ADD = {
  signIn: "Sign in to save a card.",
  loading: "Loading the card form\u2026",
  save: "Save the card",
  saving: "One moment, the card is being saved. Please do not close this page.",
  looking: "One moment, we are looking whether the card was saved.",
  saved: "The card is saved.",
  declined: "Your bank did not accept this card. Please try another one, or ask your bank.",
  notConfirmed: "Your bank could not confirm that it was you, so the card is not saved. Please try again.",
  notSaved: "The card is not saved, for the connection broke. Please try again.",
  unknown: "We do not know yet whether the card was saved: the connection broke.",
  noForm: "The card form could not be loaded. Please check your connection and try again.",
};
