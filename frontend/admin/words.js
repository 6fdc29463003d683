/** What the desk calls things. What is not here is told as the API names it. */

/** @type {Record<string, string>} */
export const STATUSES = {
  succeeded: "Paid",
  pending: "Not paid yet",
  processing: "Bank at work",
  in_review: "In review",
  failed: "Failed",
  partially_refunded: "Partly refunded",
  refunded: "Refunded",
  expired: "Expired",
  canceled: "Canceled",
};

/** Why something waits for a person, and what they can do. @type {Record<string, [name: string, todo: string]>} */
const ATTENTION = {
  review: ["In review", "What was paid is not what was asked. Accept it, or refund it."],
  dispute: ["Dispute", "The customer's bank disputes the payment. Answer in Stripe's dashboard before the deadline."],
  shortage: ["Out of stock", "It was paid when nothing was left. Get more and take it from stock, or refund it and mark it not delivered."],
  refund: ["Refund hangs", "A refund has no answer, does not come to an end, or was closed here and made at Stripe all the same."],
  mail: ["Mail not delivered", "A mail did not arrive. Send it again, or write yourself."],
};

export const whyName = (why) => ATTENTION[why]?.[0] ?? plain(why);
export const whyTodo = (why) => ATTENTION[why]?.[1] ?? "";

/** @type {Record<string, string>} */
const NOTICES = {
  payment_confirmation: "Confirmation to the customer",
  admin_notification: "News of the payment, to you",
  admin_copy: "Your copy of the confirmation",
  payment_failed: "Failure, to the customer",
  payment_failed_admin: "Failure, to you",
  refund_confirmation: "Refund, to the customer",
  refund_failed: "Failed refund, to you",
  refund_failed_customer: "Failed refund, to the customer",
  dispute_alert: "Dispute, to you",
  fraud_alert: "Warning of fraud, to you",
  review_alert: "Payment in review, to you",
  shortage_alert: "Out of stock, to you",
};

/** @type {Record<string, string>} */
const NOTICE_STATES = {
  due: "on its way",
  claimed: "being sent",
  sent: "sent",
  bounced: "came back",
  complained: "called spam by who got it",
  moot: "no longer true, not sent",
  rejected: "refused by the mail service",
  gave_up: "given up after many tries",
};

/** @type {Record<string, string>} */
const FACTS = {
  asking: "Asking Stripe",
  session: "Checkout",
  intent: "Payment intent",
  attempt: "Try to pay",
  refund: "Refund",
  dispute: "Dispute",
  fraud_signal: "Warning of fraud",
  approval: "Approval",
  refund_request: "Refund request",
  shortage: "Out of stock",
  replacement: "Replaced by",
};

/** @type {Record<string, string>} */
const REQUESTS = {
  open: "waiting for Stripe's answer",
  refused: "refused by Stripe",
  overtaken: "replaced by a refund made elsewhere",
  withdrawn: "withdrawn",
};

/** @type {Record<string, string>} */
const SHORTAGES = { open: "to settle", supplied: "taken from stock since", waived: "not delivered" };

/** @type {[value: string, text: string][]} */
export const REASONS = [
  ["", "No reason"],
  ["requested_by_customer", "The customer asked for it"],
  ["duplicate", "Paid twice"],
  ["fraudulent", "Fraud"],
];

/** @type {Record<string, string>} */
const DISPUTES = { open: "open", won: "won", lost: "lost" };

/** @type {Record<string, string>} */
const DOCUMENTS = { invoice: "Invoice", credit_note: "Credit note", cancellation: "Cancellation of a credit note" };

/** @type {Record<string, string>} */
const WAYS = { hosted: "on Stripe's page", embedded: "on your page" };

const named = (names) => (value) => names[value] ?? plain(value);

export const statusName = named(STATUSES);
export const noticeName = named(NOTICES);
export const noticeState = named(NOTICE_STATES);
export const factName = named(FACTS);
export const requestState = named(REQUESTS);
export const shortageState = named(SHORTAGES);
export const disputeName = named(DISPUTES);
export const documentName = named(DOCUMENTS);
export const wayName = named(WAYS);
export const reasonName = (reason) => REASONS.find(([value]) => value === (reason ?? ""))?.[1] ?? plain(reason);

/** `refund_request` or `evidenceDueBy` as words. @param {unknown} name */
export const plain = (name) =>
  String(name)
    .replace(/_/g, " ")
    .replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);

/** Whether the API has decided, so that the same request need not be made again. @param {any} error  a ProblemError */
export const isDecided = ({ status }) => status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status);

/** What an error of the API means to someone who wanted something done. @param {any} error */
export function problemWords(error) {
  // The message says the same once more, by the names of the fields.
  return (error.errors ?? []).map(({ detail }) => detail).join(" ") || error.message;
}
