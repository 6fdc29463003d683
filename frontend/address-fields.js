/** The fields of an address, and what is read from them. Their names are the API's. */
import { element } from "./elements.js";
import { ADDRESS } from "./words.js";

// ISO 3166-1, as the API has them; where we do send to, the quote says.
const COUNTRIES = `
  AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
  CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
  FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
  JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
  MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
  PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
  TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.trim().split(/\s+/);

/** The API's name of each part, and the browser's for filling it in. @type {[string, string][]} */
const PARTS = [
  ["country", "country"],
  ["name", "name"],
  ["line1", "address-line1"],
  ["line2", "address-line2"],
  ["postalCode", "postal-code"],
  ["city", "address-level2"],
  ["region", "address-level1"],
];

/** @param {"address" | "billingAddress"} kind @param {"shipping" | "billing"} section  as browsers call it */
export function addressFields(kind, section) {
  return PARTS.map(([part, autofill]) => {
    const id = `${kind}-${part}`;
    const common = { id, name: `${kind}.${part}`, autocomplete: `${section} ${autofill}`, "aria-describedby": `${id}-error` };
    return element("div", { class: "field" },
      element("label", { for: id }, ADDRESS[part]),
      part === "country" ? element("select", common, countryOptions()) : element("input", common),
      element("p", { class: "field-error", id: `${id}-error` }),
    );
  });
}

/** In the language of the pages. */
function countryOptions() {
  const names = new Intl.DisplayNames("en", { type: "region" });
  const sorted = COUNTRIES.map((code) => [code, names.of(code) ?? code]).sort(([, a], [, b]) => a.localeCompare(b, "en"));
  return [["", ADDRESS.choose], ...sorted].map(([value, text]) => element("option", { value }, text));
}

/**
 * What was typed, without what is empty. Which countries have postal codes, the API knows.
 * @param {HTMLFormElement} form @param {string} kind @param {string} recipient  where no other name is typed
 */
export function readAddress(form, kind, recipient) {
  const typed = PARTS.map(([part]) => [part, partOf(form, kind, part).value.trim()]);
  return { ...Object.fromEntries(typed.filter(([, text]) => text)), name: partOf(form, kind, "name").value.trim() || recipient };
}

/** What is missing, by the names of the fields; empty where nothing is. */
export function errorsOfAddress(kind, { country, line1, city }) {
  return {
    [`${kind}.country`]: country ? "" : ADDRESS.errors.country,
    [`${kind}.line1`]: line1 ? "" : ADDRESS.errors.line1,
    [`${kind}.city`]: city ? "" : ADDRESS.errors.city,
  };
}

const partOf = (form, kind, part) => form.elements[`${kind}.${part}`];
