/** The desk: who is signed in, which view the address names, and what to say when it cannot be shown. */
import { config } from "../config.js";
import { SignInError, whyNot } from "../issuer.js";
import { ProblemError, UnreachableError } from "../quittance.js";
import { SignedOutError, finishSignIn, isSignedIn, issuerAddresses, signIn, signOut, who } from "../session.js";
import { allowOnly, byId, setTitle, showBrand } from "../site.js";
import { showAttention } from "./attention.js";
import { button, element } from "./elements.js";
import { zone } from "../format.js";
import { showPayment } from "./payment.js";
import { showPayments } from "./payments.js";
import { showProduct, showStock } from "./stock.js";
import { showStats } from "./stats.js";
import { problemWords } from "./words.js";

/**
 * What a view is given.
 * @typedef {{signal: AbortSignal, query: URLSearchParams, id: string, show: (title: string, ...content: any[]) => void,
 *   tell: (text: string, isProblem?: boolean) => void, fail: (error: unknown) => void,
 *   working: (text: string) => () => void}} Desk
 *   signal: ends with the view; show: heading and content; tell: what came of what was done; fail: an error that ends
 *   the view; working: keeps hands off the view until what it returns is called
 */

const VIEWS = {
  attention: { title: "Attention", view: showAttention },
  payments: { title: "Payments", view: showPayments },
  stock: { title: "Stock", view: showStock },
  stats: { title: "Statistics", view: showStats },
};
/** One of them. */
const ONE = {
  payments: { title: "Payment", view: showPayment },
  stock: { title: "Product", view: showProduct },
};
/** The same whether a host shows this page as admin/ or as admin/index.html. */
const HERE = new URL("index.html", import.meta.url).href;
const ENDED = "Your sign-in has ended. Sign in again to go on where you were.";

const content = byId("content");
const heading = byId("heading");
let current = new AbortController();

function show() {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const [path, search = ""] = (location.hash.slice(1) || "/attention").split("?");
  const [, name, id = ""] = path.split("/");
  const view = (id ? ONE[name] : VIEWS[name])?.view;
  say("problem");
  settle();
  // A question of the view before is answered with no.
  byId("question").close();
  dress(name);
  if (!isSignedIn()) return showSignedOut();
  if (!view) return put("There is no such view", element("a", { href: "#/attention" }, "Go to what needs attention"));
  put(loadingTitle(name, id), element("p", { class: "soft", role: "status" }, "Loading\u2026"));
  // What comes after another view was asked for is no news to it.
  const whileShown = (how) => (...what) => (signal.aborted ? () => {} : how(...what));
  const desk = { signal, id, query: new URLSearchParams(search), show: put };
  view({ ...desk, tell: whileShown(tell), fail: whileShown(fail), working: whileShown(working) }).catch(whileShown(fail));

  function put(title, ...children) {
    if (signal.aborted) return;
    setTitle(title);
    heading.textContent = title;
    content.replaceChildren(...children.filter(Boolean));
  }
}

const loadingTitle = (name, id) => (id ? ONE : VIEWS)[name].title;

function dress(name) {
  byId("views").hidden = byId("who").hidden = !isSignedIn();
  byId("who-name").textContent = who().called;
  for (const link of byId("views").children) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function say(id, text = "") {
  byId(id).textContent = text;
  byId(id).hidden = !text;
}

/** What came of something takes the focus, and so is read out and seen. */
function tell(text, isProblem = false) {
  say("news", isProblem ? "" : text);
  say("problem", isProblem ? text : "");
  byId(isProblem ? "problem" : "news").focus();
}

/** While something is done nothing else can be: a second click finds no button. */
function working(text) {
  say("problem");
  say("news", text);
  content.inert = true;
  content.setAttribute("aria-busy", "true");
  return settle;
}

function settle() {
  say("news");
  content.inert = false;
  content.removeAttribute("aria-busy");
}

function fail(error) {
  if (error instanceof SignedOutError) return showSignedOut(ENDED);
  const again = button("Try again", show, false);
  if (error instanceof ProblemError && error.status === 403) return showRefused();
  if (error instanceof ProblemError && error.code === "product_not_found") {
    end("There is no such product", problemWords(error), element("a", { href: "#/stock" }, "Go to the stock"));
  } else if (error instanceof ProblemError && error.status === 404) {
    end("There is no such payment", problemWords(error), element("a", { href: "#/payments" }, "Go to the payments"));
  } else if (error instanceof ProblemError) {
    end("This cannot be shown", problemWords(error), error.temporary ? again : null);
  } else if (error instanceof UnreachableError) {
    end("The payment service does not answer", "Please check your connection. Nothing was changed.", again);
  } else if (error instanceof SignInError) {
    end("This cannot be shown now", error.message, again);
  } else {
    end("Something went wrong on this page", "Please load it again. If it stays so, tell who runs it.", again);
    throw error;
  }
}

function end(title, text, ...ways) {
  const isNews = heading.textContent !== title;
  setTitle(title);
  heading.textContent = title;
  settle();
  content.replaceChildren(element("p", {}, text), element("p", { class: "actions" }, ways));
  if (isNews) heading.focus();
}

function showSignedOut(text = "Admins of this shop see its payments here.") {
  current.abort();
  say("problem");
  dress("");
  end("Sign in", text, button("Sign in", start, false));

  function start({ currentTarget }) {
    currentTarget.disabled = true;
    signIn(HERE, location.hash).catch((error) => showSignedOut(whyNot(error)));
  }
}

function showRefused() {
  current.abort();
  byId("views").hidden = true;
  const text = `${who().called} is signed in, but is not an admin.`;
  const todo = "Ask the owner to add this account to the admins, and sign in again.";
  end("This desk is for admins", `${text} ${todo}`, button("Sign in as someone else", leave, false));
}

function leave() {
  if (!signOut(HERE)) showSignedOut("You are signed out here.");
}

async function start() {
  const query = new URLSearchParams(location.search);
  // A code in the address would be in the history, and in what is shared.
  if (query.has("state")) history.replaceState(null, "", location.pathname + location.hash);
  showBrand();
  byId("zone").textContent = `Times are those of ${zone()}; days are the shop's.`;
  byId("sign-out").addEventListener("click", leave);
  if (!config.issuer) return end("The desk is not set up", 'Put the issuer and the client\'s id into "config.js".');
  allowOnly(config.apiOrigin, ...issuerAddresses());
  window.addEventListener("hashchange", () => {
    show();
    heading.focus();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    // From the back-forward cache: who was signed in then may have left.
    if (persisted) show();
  });
  try {
    const view = await finishSignIn(query);
    if (view !== null) history.replaceState(null, "", location.pathname + view);
  } catch (error) {
    return showSignedOut(whyNot(error));
  }
  show();
}

start();
