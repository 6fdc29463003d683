/** The list of mails, kept live, and the one that the address names. */

import { h, show } from "/shared/dom.js";
import { time } from "/shared/time.js";
import { closeMail, openMail } from "./mail.js";

const PAUSE_MS = 1000;
const TYPING_MS = 150;

const search = document.querySelector("#search");
const list = document.querySelector("#list");
const rows = document.querySelector("#mails");

/** What is listed, the newest first; `last` is the greatest number that there is, listed or not. */
let listed = null;
let timer;
let typing;
let asked = 0;

async function fetchList(parameters) {
  const query = new URLSearchParams({ search: search.value.trim(), ...parameters });
  const response = await fetch(`/mails.json?${query}`);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** Asks for what is new, or for everything where the list begins anew: another search, or an emptied mailbox. */
async function look() {
  clearTimeout(timer);
  const number = ++asked;
  try {
    const answer = await fetchList(listed ? { after: listed.last } : {});
    // An older answer may come last.
    if (number !== asked) return;
    live(true);
    if (!listed) listed = answer;
    else if (answer.first !== listed.first || answer.last < listed.last) {
      listed = null;
      return look();
    } else {
      const { mails, total } = listed;
      listed = { ...answer, mails: [...answer.mails, ...mails], total: total + answer.mails.length };
      if (answer.mails.length === 0) return;
    }
    drawKeepingPlace();
  } catch {
    if (number === asked) live(false);
  } finally {
    if (number === asked && !document.hidden) timer = setTimeout(look, PAUSE_MS);
  }
}

async function lookForOlder() {
  const { mails } = await fetchList({ before: listed.mails.at(-1).number });
  const oldest = listed.mails.at(-1).number;
  listed = { ...listed, mails: [...listed.mails, ...mails.filter((mail) => mail.number < oldest)] };
  draw();
  rows.querySelector(`[data-number="${mails[0]?.number}"]`)?.focus();
}

function live(isLive) {
  const place = document.querySelector("#live");
  place.dataset.live = isLive ? "yes" : "no";
  const sentence = isLive ? "Live" : "The stack does not answer";
  if (place.textContent !== sentence) place.textContent = sentence;
}

/** New mails come above what is being looked at, which stays where it is. */
function drawKeepingPlace() {
  const scroller = getComputedStyle(list).overflowY === "auto" ? list : document.scrollingElement;
  const before = { top: scroller.scrollTop, height: scroller.scrollHeight };
  draw();
  if (before.top > 0) scroller.scrollTop = before.top + scroller.scrollHeight - before.height;
}

function draw() {
  if (!listed) return;
  const { mails, total } = listed;
  show(document.querySelector("#links"), [
    listed.console && h("a", { key: "console", href: listed.console, target: "_blank", rel: "noopener" }, "Console"),
    h("a", { key: "preview", href: "/preview" }, "How each kind looks"),
  ].filter(Boolean));
  document.querySelector("#empty").disabled = mails.length === 0 && !search.value.trim();
  show(document.querySelector("#count"), [count(total)]);
  show(rows, mails.map(row));
  show(document.querySelector("#older"), total > mails.length
    ? [h("button", { type: "button", onclick: lookForOlder }, `Show older ones (${(total - mails.length).toLocaleString("en")} more)`)] : []);
}

function count(total) {
  const words = search.value.trim();
  if (words) return total === 0 ? `No mail has “${words}”.` : `${mailsOf(total)} with “${words}”, the newest first`;
  return total === 0 ? "No mail yet. Whatever the functions send arrives here." : `${mailsOf(total)}, the newest first`;
}

function mailsOf(number) {
  return number === 1 ? "1 mail" : `${number.toLocaleString("en")} mails`;
}

function row(mail) {
  return h("li", { key: mail.number },
    h("a", { href: addressOf(mail.number), "data-number": mail.number, "aria-current": mail.number === shown() ? "true" : null },
      h("span", { class: "subject", dir: "auto" }, mail.subject || "(no subject)"),
      time(mail.sentAt),
      h("span", { class: "who" }, "To ", h("bdi", {}, mail.to.join(", ") || "nobody"), " from ", h("bdi", {}, mail.from))));
}

function addressOf(number) {
  const words = search.value.trim();
  return (number ? `/mails/${number}` : "/") + (words ? `?${new URLSearchParams({ search: words })}` : "");
}

/** The number of the mail that the address names, if it names one. */
function shown() {
  const named = /^\/mails\/(\d+)$/.exec(location.pathname);
  return named ? Number(named[1]) : null;
}

/** Shows what the address says. */
async function follow() {
  search.value = new URLSearchParams(location.search).get("search") ?? "";
  const number = shown();
  document.body.dataset.view = number ? "mail" : "list";
  draw();
  if (number) await openMail(number, addressOf(null));
  else {
    closeMail();
    document.title = "Mailbox";
  }
}

function goTo(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  return follow();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-number], a[data-back]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.back === undefined) openWithFocus(link);
  else goBack();
});

async function openWithFocus(link) {
  await goTo(link.getAttribute("href"));
  // Where the list and the mail are two views, the keyboard goes along.
  if (!link.offsetParent) document.querySelector("#mail h2")?.focus();
}

function goBack() {
  const number = shown();
  goTo(addressOf(null));
  rows.querySelector(`[data-number="${number}"]`)?.focus();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && shown() && !isTyping) {
    goBack();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.matches("a[data-number]")) {
    event.preventDefault();
    const row = event.target.parentElement[event.key === "ArrowDown" ? "nextSibling" : "previousSibling"];
    const next = row?.querySelector("a");
    next?.focus();
    if (next && shown()) goTo(next.getAttribute("href"), { replace: true });
  }
});

search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    history.replaceState(null, "", addressOf(shown()));
    listed = null;
    look();
  }, TYPING_MS);
});

document.querySelector("#empty").addEventListener("click", async () => {
  if (!confirm("Delete every mail?")) return;
  await fetch("/messages", { method: "DELETE" });
  listed = null;
  goTo("/");
  look();
});

addEventListener("popstate", async () => {
  const before = search.value;
  follow();
  if (search.value !== before) {
    listed = null;
    look();
  }
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));

follow();
look();
