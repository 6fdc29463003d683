/** One payment: how it stands, what can be done, and all that happened. */
import { apiAddress } from "../quittance.js";
import { webAddress } from "../site.js";
import { pathOf, read } from "./api.js";
import { perform } from "./deeds.js";
import { button, definitions, element, isolated, outside, table } from "./elements.js";
import { erasurePart } from "./erasure.js";
import { day, money, sums, time } from "../format.js";
import { orderPart, shippingPart, shortagesPart } from "./goods.js";
import { factsPart, intentsPart, timelinePart } from "./history.js";
import { refundPart } from "./refund.js";
import { disputeName, documentName, noticeName, noticeState, reasonName } from "./words.js";
import { requestState, statusName, wayName, whyName, whyTodo } from "./words.js";

/** @param {import("./desk.js").Desk} desk */
export async function showPayment(desk) {
  draw(await read(pathOf(desk.id), {}, desk.signal));

  function draw(payment) {
    const does = (deed) => () => perform(desk, payment, draw, deed);
    desk.show(
      `Payment of ${money(payment)}`,
      attentionPart(payment),
      element(
        "div",
        { class: "parts" },
        part("What it is", summary(payment), deeds(payment, does)),
        part("Refund", refundPart(desk, payment, draw)),
        part("Order", orderPart(payment)),
        part("Delivery", shippingPart(payment)),
        part("Out of stock", shortagesPart(payment, does), true),
        part("Your metadata", metadataPart(payment)),
        part("Money by payment intent", intentsPart(payment), true),
        part("Refund requests", requestsPart(payment, does), true),
        part("Invoice", documentsPart(payment)),
        part("Mails", noticesPart(payment, does), true),
        part("What happened", timelinePart(payment), true),
        part("What is known from Stripe", factsPart(payment), true),
        part("Erase the person", erasurePart(desk, payment, draw), true),
      ),
    );
  }
}

/** With heading; what is empty is left out. */
function part(title, ...content) {
  const isWide = content.at(-1) === true;
  const shown = content.filter((each) => each && each !== true);
  if (!shown.length) return null;
  return element("section", { class: isWide ? "card wide" : "card" }, element("h2", {}, title), shown);
}

function attentionPart({ attention }) {
  if (!attention) return null;
  const { why, since, deadline } = attention;
  const when = deadline ? `until ${time(deadline)}` : `since ${time(since)}`;
  return element(
    "div",
    { class: "notice problem" },
    [why].flat().map((each) => element("p", {}, element("strong", {}, `${whyName(each)} ${when}. `), whyTodo(each))),
  );
}

function summary(payment) {
  const { paymentId, status, dispute, amount, currency, name, email, user, failure, stripeUrl } = payment;
  const others = (query, text) => element("a", { href: `#/payments?${new URLSearchParams(query)}` }, text);
  return definitions([
    ["Status", element("span", { class: `tag ${status}` }, statusName(status))],
    ["Dispute", dispute && disputeName(dispute)],
    ["Asked", money({ amount, currency })],
    ["Received", sums(payment.received)],
    ["Returned", sums(payment.returned)],
    ["Name", name === null ? "erased" : isolated(name)],
    ["Mail", email && others({ q: email }, email)],
    ["User", user && others({ user }, user)],
    ["Ordered", time(payment.createdAt)],
    ["The shop's day", payment.day && day(payment.day)],
    ["Paid", time(payment.paidAt)],
    ["Can be paid until", payment.payable && time(payment.expiresAt)],
    ["Way to pay", payment.paidBy && wayName(payment.paidBy)],
    ["Failure", failure && `${failure.message} (${failure.code})`],
    ["Changed", time(payment.updatedAt)],
    ["Payment", paymentId],
    ["At Stripe", webAddress(stripeUrl) && outside(stripeUrl, "Open in Stripe's dashboard")],
  ]);
}

function deeds({ toApprove, cancelable, name }, does) {
  const approvals = toApprove.map((sum) =>
    button(
      `Accept ${money(sum)}\u2026`,
      does({
        path: "/approval",
        body: sum,
        question: {
          title: [`Accept ${money(sum)} from `, isolated(name ?? "the customer"), " for this payment?"],
          text: ["It counts as paid then, and the customer gets the confirmation."],
          yes: `Accept ${money(sum)}`,
        },
        done: () => `${money(sum)} is accepted.`,
      }),
      false,
    ),
  );
  const cancel = button(
    "Cancel it\u2026",
    does({
      path: "/cancel",
      question: {
        title: "Cancel this payment?",
        text: ["Its checkout is closed at Stripe and cannot be paid any more. Nothing was charged."],
        yes: "Cancel the payment",
      },
      done: () => "The payment is canceled.",
    }),
  );
  const refresh = button(
    "Ask Stripe",
    does({
      path: "/refresh",
      done: ({ body }) =>
        body.checkedAt
          ? `So it stands at Stripe, ${time(body.checkedAt)}.`
          : "Stripe does not answer now; this is what was known.",
    }),
  );
  return element("p", { class: "actions" }, approvals, cancelable && cancel, refresh);
}

function metadataPart({ metadata }) {
  const rows = Object.entries(metadata ?? {}).map((pair) => pair.map(isolated));
  return rows.length ? definitions(rows) : null;
}

function requestsPart({ refundRequests }, does) {
  if (!refundRequests.length) return null;
  const withdraw = (request) =>
    button(
      "Withdraw\u2026",
      does({
        path: `/refunds/${encodeURIComponent(request.ref)}/withdraw`,
        question: {
          title: `Withdraw the refund of ${money(request)}?`,
          text: ["Stripe is not asked for it any more. Where it may have been made already, this is refused."],
          yes: "Withdraw it",
        },
        done: () => `The refund of ${money(request)} is withdrawn.`,
      }),
    );
  return table("Asked for here", [
    { name: "Asked", of: ({ requestedAt }) => time(requestedAt) },
    { name: "Amount", isNumber: true, of: money },
    { name: "State", isLong: true, of: ({ state, detail }) => [requestState(state), detail].filter(Boolean).join(": ") },
    { name: "Reason", of: ({ reason }) => reason && reasonName(reason) },
    { name: "Refund", isLong: true, of: ({ refundId }) => refundId },
    { name: "By", isLong: true, of: ({ by }) => by },
    { name: "Action", of: (request) => request.state === "open" && withdraw(request) },
  ], refundRequests);
}

function documentsPart({ documents }) {
  const link = ({ number, path }) => outside(apiAddress(path), number);
  const rows = documents.map((each) => [documentName(each.kind), [link(each), ` of ${day(each.day)}`]]);
  return rows.length ? definitions(rows) : null;
}

function noticesPart({ notices, email }, does) {
  if (!notices.length) return null;
  const resend = ({ kind, ref }) =>
    button(
      "Send again\u2026",
      does({
        path: "/notices/resend",
        body: { kind, ...(ref && { ref }) },
        question: {
          title: `Send this mail again: ${noticeName(kind)}?`,
          text: [noticeName(kind).endsWith("customer") && email ? `It goes to ${email}.` : "It goes to your own address."],
          yes: "Send again",
        },
        done: () => "The mail is on its way again.",
      }),
    );
  return table("Each is sent once unless you send it again", [
    { name: "Mail", of: ({ kind }) => noticeName(kind) },
    // Of one that was sent the note is the mail service's id for it.
    {
      name: "State",
      isLong: true,
      of: ({ state, note }) => [noticeState(state), state !== "sent" && note].filter(Boolean).join(": "),
    },
    { name: "When", of: ({ settledAt, dueSince }) => time(settledAt ?? dueSince) },
    { name: "Tries", isNumber: true, of: ({ attempts }) => attempts },
    { name: "Action", of: (notice) => notice.resendable && resend(notice) },
  ], notices);
}
