/** A saved card on a page that orders: paying with it takes one press, and a form on the page. */
import { listCards } from "./account.js";
import { CARDS, cardName } from "./account-words.js";
import { usualWay } from "./ordering.js";
import { SIGNED_OUT, asSignedIn, isSignedIn, token } from "./session.js";

/**
 * Offers the newest card that still holds; without one, or where nobody can say, the page is as without cards.
 * @param {any} button @param {(card: string) => void} pay
 */
export async function offerCard(button, pay) {
  if (usualWay !== "embedded" || !isSignedIn()) return;
  const cards = await asSignedIn(listCards({ token })).catch(() => []);
  const card = cards.find(({ expired }) => !expired);
  if (!card) return;
  button.textContent = CARDS.payWith(cardName(card));
  button.onclick = () => pay(card.id);
  button.hidden = false;
  window.addEventListener(SIGNED_OUT, () => {
    button.hidden = true;
  });
}
