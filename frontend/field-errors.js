/** What is wrong with a form's fields, beside each: #email has its hint in #email-hint, its error in #email-error. */
import { byId } from "./site.js";

/** An empty message: nothing is wrong. */
export function setFieldError(field, message) {
  const error = byId(`${field.id}-error`);
  const hint = byId(`${field.id}-hint`);
  error.textContent = message;
  error.hidden = !message;
  const described = [hint, error].filter((text) => text && !text.hidden).map((text) => text.id);
  setOrRemove(field, "aria-invalid", message && "true");
  setOrRemove(field, "aria-describedby", described.join(" "));
}

/** Goes to the first field with an error; answers whether there was one. */
export function focusFirstError(fields) {
  const first = fields.find((field) => field.hasAttribute("aria-invalid"));
  first?.focus();
  return first !== undefined;
}

function setOrRemove(field, attribute, value) {
  if (value) field.setAttribute(attribute, value);
  else field.removeAttribute(attribute);
}
