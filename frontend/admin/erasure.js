/** Taking the person out of their payments. What goes and what stays is said first, and their mail address is typed. */
import { perform } from "./deeds.js";
import { element, field, isolated, select } from "./elements.js";
import { number } from "../format.js";

const GOES = "Name, mail address, user, metadata and the page they came back to. A checkout that is open is closed at Stripe.";
const STAYS = "Amounts, what was bought, days and ids, for your books; what Stripe and your mailbox have, until you delete it there.";
const ENDS = "They are sent no mail any more. It cannot be undone.";
const DISPUTED = "This payment is in dispute: answer the bank first, if you need the name for it.";

/** The part of a payment's view that erases whose it is; once that is done there is nobody left to erase. */
export function erasurePart(desk, payment, draw) {
  const { paymentId, email, user } = payment;
  if (!email) return null;
  const choices = [
    { body: { email }, text: `All payments with ${email}` },
    ...(user ? [{ body: { user }, text: `All payments of user ${user}` }] : []),
    { body: { paymentId }, text: "This payment alone" },
  ];
  const which = select({ id: "erase-which" }, choices.map(({ text }, at) => [String(at), text]));
  const form = element(
    "form",
    {},
    field("From which payments", which, "Amounts and what was bought stay, for your books."),
    element("p", { class: "actions" }, element("button", { class: "button danger", type: "submit" }, "Erase the person\u2026")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { body, text } = choices[Number(which.value)];
    perform(desk, payment, draw, { address: "/erasures", body, question: questionOf(payment, text), done: toldOf });
  });
  return form;
}

function questionOf({ name, email, dispute }, from) {
  const terms = [["From", from], ["Goes", GOES], ["Stays", STAYS]];
  const disputed = dispute === "open" ? [DISPUTED] : [];
  return { title: ["Erase ", isolated(name ?? email), "?"], terms, text: [...disputed, ENDS], yes: "Erase for ever", word: email };
}

/** How far it is, by the answer. */
function toldOf({ body: { erased, left } }) {
  const done = `The person is erased from ${counted(erased)}.`;
  if (left) return `${done} ${counted(left)} cannot be reached yet; that goes on by itself, every ten minutes.`;
  return `${done} In ten minutes it is looked whether another was ordered meanwhile.`;
}

const counted = (count) => (count === 1 ? "1 payment" : `${number(count)} payments`);
