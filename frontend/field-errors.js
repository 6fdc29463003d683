/** What is wrong with a form's fields, beside each: #email has its error in #email-error, which describes it. */
import { byId } from "./site.js";

/** An empty message: nothing is wrong. */
export function setFieldError(field, message) {
  const error = byId(`${field.id}-error`);
  error.textContent = message;
  error.hidden = !message;
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Goes to the first field with an error; answers whether there was one. */
export function focusFirstError(fields) {
  const first = fields.find((field) => field.hasAttribute("aria-invalid"));
  first?.focus();
  return first !== undefined;
}
