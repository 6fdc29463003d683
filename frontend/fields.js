/** Fields and what is wrong with them, said beside each and where it is described. */
import { byId } from "./site.js";

/** Without a message, nothing is wrong. @param {any} field  which has an element `<id>-error` */
export function setFieldError(field, message = "") {
  byId(`${field.id}-error`).textContent = message;
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Goes to the first of the fields with an error; answers which. @param {Iterable<any>} fields */
export function focusFirstError(fields) {
  const first = [...fields].find((field) => field.hasAttribute("aria-invalid"));
  first?.focus();
  return first;
}

/** What is wrong with who orders: a sentence each for a name and an email, empty if nothing is. */
export function errorsOfPerson(name, email) {
  const isEmail = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email);
  const example = email ? "an email address such as name@example.com" : "your email address";
  return { name: name ? "" : "Enter your name.", email: isEmail ? "" : `Enter ${example}.` };
}
