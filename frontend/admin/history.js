/** What is known of a payment and how it came to be known. */
import { webAddress } from "../site.js";
import { definitions, element, outside, table } from "./elements.js";
import { money, time } from "../format.js";
import { who } from "../session.js";
import { factName, noticeName, noticeState, plain } from "./words.js";

const ID_OF_STRIPE = /^(cs|pi|ch|py|re|pyr|du|dp|issfr|prv)_/;
const GONE = ["failed", "canceled"];

/** An id of Stripe's leads to where the payment is in its dashboard. */
const linked = (id, { stripeUrl }) =>
  id && webAddress(stripeUrl) && ID_OF_STRIPE.test(id) ? outside(stripeUrl, id) : (id ?? "");

/** Stripe's types of events are names, an admin's act is words. */
const typeName = (type) => (type.includes(".") ? type : plain(type));

/** Who did it, if it was a person. */
const by = (sub) => sub && (sub === who().sub ? "you" : sub);

/** Each payment intent has money of its own: paid twice, a payment has two. */
export function intentsPart(payment) {
  const { facts, refundable } = payment;
  const paid = facts.filter(({ kind, state }) => kind === "intent" && state === "succeeded");
  const ids = [...new Set([...paid.map(({ ref }) => ref), ...refundable.map(({ intent }) => intent)])];
  if (!ids.length) return null;
  const rows = ids.map((id) => {
    const received = paid.find(({ ref }) => ref === id)?.details;
    const left = refundable.find(({ intent }) => intent === id);
    const currency = (received ?? left).currency;
    const ofIt = ({ kind, state, details }) => kind === "refund" && details.intent === id && !GONE.includes(state);
    const returned = facts.filter(ofIt).reduce((sum, { details }) => sum + details.amount, 0);
    return { id, received, returned: { amount: returned, currency }, left: left ?? { amount: 0, currency } };
  });
  return table("A refund is of one of them", [
    { name: "Payment intent", of: ({ id }) => linked(id, payment) || "not known yet" },
    { name: "Received", isNumber: true, of: ({ received }) => received && money(received) },
    { name: "Returned", isNumber: true, of: ({ returned }) => money(returned) },
    { name: "Can be refunded", isNumber: true, of: ({ left }) => money(left) },
  ], rows);
}

/** What an event or an act changed, as the audit trail has it: `attempt#ch_1: open -> succeeded`, or a sentence. */
function changeOf(text, payment) {
  const [, kind, ref = "", now] = /^(\w+)#(.*): \S+ -> (\S+)$/.exec(text) ?? [];
  if (!kind) return [text];
  if (kind === "notice") return [`${noticeName(ref.split("#")[0])}: ${noticeState(now)}`];
  return [...thing(kind, ref, payment), `: ${plain(now)}`];
}

/** A fact by its kind, and by its id where it has one. */
const thing = (kind, ref, payment) => [factName(kind), ...(kind === "asking" ? [] : [" ", linked(ref, payment)])];

export function timelinePart(payment) {
  const { timeline } = payment;
  if (!timeline.length) return null;
  return element(
    "ol",
    { class: "rows" },
    timeline.map(({ at, type, by: sub, outcome }) =>
      element(
        "li",
        {},
        element("p", {}, element("strong", {}, typeName(type)), sub && ` by ${by(sub)}`),
        outcome.map((each) => element("p", {}, changeOf(each, payment))),
        element("p", { class: "soft" }, time(at)),
      ),
    ),
  );
}

export function factsPart(payment) {
  if (!payment.facts.length) return null;
  return table("The furthest state of each thing that anyone has told us of", [
    { name: "What", isLong: true, of: ({ kind, ref }) => element("span", {}, thing(kind, ref, payment)) },
    { name: "State", of: ({ state }) => plain(state) },
    { name: "Learned", of: ({ learnedAt }) => time(learnedAt) },
    { name: "Details", of: ({ details }) => detailsOf(details, payment) },
  ], payment.facts);
}

function detailsOf(details, payment) {
  const rows = Object.entries(details).map(([name, value]) => [plain(name), told(name, value, details, payment)]);
  const shown = rows.filter(([name]) => name !== "currency" || !details.amount);
  return shown.length ? definitions(shown) : null;
}

function told(name, value, { currency }, payment) {
  if (/^(amount|refunded)$/.test(name) && currency) return money({ amount: value, currency });
  if (/^\d{4}-\d{2}-\d{2}T[\d:]+Z$/.test(value)) return time(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return webAddress(String(value)) ? outside(value, "Open") : linked(String(value ?? ""), payment);
}
