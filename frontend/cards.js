/** The products of the shop, a card each. A card stays as it is made; what the cart has of it is told upon it. */
import { availableOf, quantityOf } from "./cart.js";
import { config } from "./config.js";
import { element } from "./elements.js";
import { formatMoney } from "./money.js";
import { SHOP } from "./words.js";

/** @typedef {import("./quittance.js").Product} Product */

/**
 * @param {Product} product
 * @param {(product: Product) => void} add  what the button does
 */
export function cardOf(product, add) {
  const { sku, name, description, price } = product;
  const stock = element("p", { class: "stock" });
  const button = element("button", { class: "button", type: "button", id: `add-${sku}`, click: () => add(product) },
    SHOP.add, element("span", { class: "unseen" }, `: ${name}`));
  const count = element("p", { class: "hint count" });
  const trouble = element("p", { class: "field-error" });
  const instead = element("div", { class: "instead" });
  const card = element("li", { class: "product" },
    pictureOf(product),
    element("div", { class: "about" },
      element("h2", { id: `product-${sku}` }, element("bdi", {}, name)),
      element("p", { class: "hint" }, description),
      element("p", { class: "price" }, formatMoney(price.amount, { ...product, locale: config.locale })),
      stock,
    ),
    element("div", { class: "deal" }, button, element("div", { class: "told", role: "status" }, count, trouble), instead),
  );
  return {
    product,
    card,
    /** Shows how things stand; with a sentence, why the button has done nothing, and what can be done instead. */
    update(sentence = "", ...ways) {
      const left = availableOf(product);
      stock.textContent = left === null ? "" : SHOP.left(left);
      stock.classList.toggle("none", left === 0);
      button.hidden = left === 0;
      const chosen = quantityOf(sku);
      count.replaceChildren(...(chosen ? [element("a", { href: "#cart" }, SHOP.inCart(chosen))] : []));
      trouble.textContent = sentence;
      instead.replaceChildren(...ways);
    },
  };
}

/** The picture; its first letter where there is none, or none that can be loaded. @param {Product} product */
function pictureOf({ name, image }) {
  const instead = element("div", { class: "picture", "aria-hidden": "true" }, [...name][0]);
  if (!image) return instead;
  const size = { width: 160, height: 120 };
  // Beside it is the name: no more is said by the picture to those who do not see it.
  const picture = element("img", { class: "picture", alt: "", loading: "lazy", ...size, error: () => picture.replaceWith(instead) });
  picture.src = new URL(image, document.baseURI).href;
  return picture;
}
