/** What the buttons do: a call to the console's own server, and a sentence about how it went. */

const SHOWN_MS = 6000;

let refresh = () => {};
let fading;

/** @param {() => void} then what to do after each call */
export function afterEach(then) {
  refresh = then;
}

/**
 * @param {string} path
 * @param {object} [body]
 * @param {{method?: string, done?: (answer: any) => string}} [options] `done` says how it went
 */
export async function act(path, body = {}, { method = "POST", done = () => "Done." } = {}) {
  say("Working …");
  try {
    const response = await fetch(`/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: method === "POST" ? JSON.stringify(body) : undefined,
    });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : null;
    if (response.ok) say(done(answer));
    else say(reason(answer) ?? `The answer was ${response.status}.`, true);
  } catch {
    say("The stack does not answer.", true);
  }
  refresh();
}

/** A listener for a button: the button waits meanwhile, so that a double click does a thing once. */
export function click(...call) {
  return async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    await act(...call);
    button.disabled = false;
  };
}

/**
 * A listener for a form; `call` gets its fields and gives act's arguments.
 * @param {(fields: Record<string, string>) => Parameters<typeof act>} call
 */
export function submit(call) {
  return async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    await act(...call(Object.fromEntries(new FormData(form))));
    for (const button of buttons) button.disabled = false;
  };
}

function reason(answer) {
  // Stripe's errors, the API's problems, and Lambda's errors.
  return answer?.error?.message ?? answer?.detail ?? answer?.errorMessage;
}

export function say(sentence, isProblem = false) {
  const place = document.querySelector("#answer");
  place.textContent = sentence;
  place.dataset.problem = String(isProblem);
  clearTimeout(fading);
  fading = setTimeout(() => place.replaceChildren(), SHOWN_MS * (isProblem ? 3 : 1));
}
