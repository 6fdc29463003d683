/** Asks before something is done. */
import { byId } from "../site.js";

/** @param {{title: string, text: string[], yes: string}} question @returns {Promise<boolean>} whether it is to be done */
export function isWanted({ title, text, yes }) {
  const dialog = byId("question");
  byId("question-title").textContent = title;
  byId("question-text").replaceChildren(
    ...text.map((each) => {
      const line = document.createElement("p");
      line.textContent = each;
      return line;
    }),
  );
  byId("question-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  byId("question-title").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

byId("question-yes").addEventListener("click", () => byId("question").close("yes"));
byId("question-no").addEventListener("click", () => byId("question").close("no"));
