/** What the pages share: the brand, and a page that talks to the configured API alone. */
import { config } from "./config.js";

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** What a customer's page is before it knows anything: the brand, and where to ask. It may call the API, and `others`. */
export function dressPage(...others) {
  const { supportEmail } = config.business;
  allowOnly(config.apiOrigin, ...others);
  setTitle(document.title);
  showBrand();
  const support = byId("support-email");
  support.textContent = supportEmail;
  support.href = `mailto:${supportEmail}`;
  byId("support").hidden = !supportEmail;
}

/** Puts the brand of config.js on the page. */
export function showBrand() {
  const { name, logo, color, colorOnDark } = config.business;
  byId("business-name").textContent = name;
  const image = byId("logo");
  if (logo) {
    image.src = new URL(logo, import.meta.url).href;
    image.hidden = false;
  }
  paint("--brand", color);
  paint("--brand-on-dark", colorOnDark);
}

export function setTitle(title) {
  document.title = `${title} - ${config.business.name}`;
}

/** The address if it is fit for a link, else null: never "javascript:" or the like. */
export const webAddress = (address) => (/^https?:\/\//i.test(address ?? "") ? address : null);

/** The policy in the HTML admits any server, for it cannot read config.js; a second one, added here, admits these only. */
export function allowOnly(...addresses) {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src ${addresses.map((each) => new URL(each, location.href).origin).join(" ")}`;
  document.head.append(policy);
}

/** Sets a colour (#rrggbb) and that of text upon it: black or white, whichever is easier to read there. */
function paint(property, color) {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  // Relative luminance as in WCAG 2; at 0.179 black and white stand out equally.
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
  document.documentElement.style.setProperty(property, color);
  document.documentElement.style.setProperty(`${property}-text`, light ? "#000" : "#fff");
}
