/** The part of the account with the saved cards. */
import { listCards, removeCard } from "./account.js";
import { partOf } from "./account-part.js";
import { CARDS, cardName } from "./account-words.js";
import { element } from "./elements.js";
import { token } from "./session.js";
import { byId } from "./site.js";

/** @param {() => void} leave  what is done when nobody is signed in any more */
export function ownCards(leave) {
  const part = partOf("cards", leave);
  const list = byId("card-list");
  const heading = byId("cards-heading");

  /** @param {string} [news]  what has come of it so far */
  async function load(news = "") {
    const isShown = await part.load({ ask: () => listCards({ token }), show, retry: () => load(news) });
    if (!isShown) return;
    part.note.textContent = [news, list.children.length ? "" : CARDS.none].filter(Boolean).join(" ");
    // What was done before is over, with the button that was pressed: the keyboard goes on here.
    if (news) heading.focus();
  }

  /** @param {import("./account.js").Card[]} cards */
  function show(cards) {
    list.replaceChildren(...cards.map((card) => entryOf(card, remove)));
  }

  /** @param {import("./account.js").Card} card @param {any} entry  which is left as it is if that fails */
  async function remove(card, entry) {
    entry.inert = true;
    const isGone = await part.load({ ask: () => goneFor(card), show: () => {}, busy: CARDS.nowRemoving, retry: () => remove(card, entry) });
    entry.inert = false;
    if (isGone) await load(CARDS.isRemoved(cardName(card)));
  }

  const clear = () => list.replaceChildren();
  return { load, clear };
}

/** One that is not there any more was removed in another window, say. */
async function goneFor({ id }) {
  try {
    await removeCard(id, { token });
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

/** @param {import("./account.js").Card} card @param {(card: any, entry: any) => void} remove */
function entryOf(card, remove) {
  const heading = `card-${card.id}`;
  const when = `${String(card.expMonth).padStart(2, "0")}/${card.expYear}`;
  const name = cardName(card);
  const about = { type: "button", "aria-describedby": heading };
  const ask = element("button", { ...about, class: "button quiet", click: () => turn(true) }, CARDS.remove);
  const words = element("p", { tabindex: "-1" }, CARDS.question(name));
  const question = element("div", { class: "part", hidden: true },
    words,
    element("p", { class: "actions" },
      element("button", { ...about, class: "button", click: () => remove(card, entry) }, CARDS.yes),
      element("button", { ...about, class: "button quiet", click: () => turn(false) }, CARDS.no),
    ),
  );
  const entry = element("li", { class: "entry" },
    element("h3", { id: heading }, name),
    element("p", { class: card.expired ? "state failed" : "hint" }, (card.expired ? CARDS.expired : CARDS.expires)(when)),
    card.wallet && element("p", { class: "hint" }, CARDS.wallet(card.wallet)),
    element("p", { class: "actions" }, ask),
    question,
  );
  return entry;

  function turn(isAsked) {
    ask.hidden = isAsked;
    question.hidden = !isAsked;
    (isAsked ? words : ask).focus();
  }
}
