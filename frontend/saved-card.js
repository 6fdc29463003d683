/** A saved card on a page that orders: paying with it takes one press, and a form on the page. */
import { listCards } from "./account.js";
import { CARDS, cardName } from "./account-words.js";
import { usualWay } from "./ordering.js";
import { SIGNED_OUT, asSignedIn, isSignedIn, token } from "./session.js";

/**
 * Offers the newest card that still holds; without one, or where nobody can say, the page is as without cards.
 * @param {any} button @param {(card: string) => void} pay
 * @returns {() => void} looks again which that is
 */
export function offerCard(button, pay) {
  const hide = () => {
    button.hidden = true;
  };
  async function offer() {
    hide();
    if (usualWay !== "embedded" || !isSignedIn()) return;
    const cards = await asSignedIn(listCards({ token })).catch(() => []);
    const card = cards.find(({ expired }) => !expired);
    // Whoever signed out meanwhile has none.
    if (!card || !isSignedIn()) return;
    button.textContent = CARDS.payWith(cardName(card));
    button.onclick = () => pay(card.id);
    button.hidden = false;
  }
  window.addEventListener(SIGNED_OUT, hide);
  window.addEventListener("pageshow", ({ persisted }) => {
    // From the back-forward cache: who was signed in then may have left, or have removed the card.
    if (persisted) offer();
  });
  offer();
  return offer;
}

/** Whether the saved card is why an order was refused: removed in another tab, say. @param {any} error */
export const isOfCard = ({ errors = [] }) => errors.some(({ field }) => field === "paymentMethodId");
