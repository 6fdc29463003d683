/** Asks before something is done. */
import { byId } from "../site.js";
import { definitions, element, field } from "./elements.js";

/**
 * terms: names and what they are, before the text; word: what has to be typed to say yes.
 * @typedef {{title: string | (string | Element)[], text: string[], yes: string, terms?: [string, string][], word?: string}} Question
 */

let mayBeYes = () => true;

/** @param {Question} question @returns {Promise<boolean>} whether it is to be done */
export function isWanted({ title, text, yes, terms = [], word }) {
  const dialog = byId("question");
  const lines = text.map((each) => element("p", {}, each));
  byId("question-title").replaceChildren(...[title].flat());
  byId("question-text").replaceChildren(...(terms.length ? [definitions(terms)] : []), ...lines);
  byId("question-yes").textContent = yes;
  mayBeYes = word ? fieldFor(word, byId("question-text")) : () => true;
  dialog.returnValue = "";
  dialog.showModal();
  byId("question-title").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** A field for the word, at the end of `place`; answers whether the word stands there, and says at the field if not. */
function fieldFor(word, place) {
  const input = element("input", { id: "question-word", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const problem = element("p", { class: "field-error", id: "question-problem" });
  const made = field(`Type ${word} to go on`, input);
  made.append(problem);
  input.setAttribute("aria-describedby", problem.id);
  place.append(made);
  return () => {
    const isIt = input.value.trim().toLowerCase() === word.toLowerCase();
    problem.textContent = isIt ? "" : "Type the address as it stands above.";
    input.setAttribute("aria-invalid", String(!isIt));
    if (!isIt) input.focus();
    return isIt;
  };
}

byId("question-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (mayBeYes()) byId("question").close("yes");
});
byId("question-no").addEventListener("click", () => byId("question").close("no"));
