/**
 * The bank's page over this one, until the customer has answered it. Tab stays within it, Escape refuses.
 * @param {string} origin @param {string} address @returns {Promise<void>}
 */
function showChallenge(origin, address) {
  const before = document.activeElement;
  const overlay = document.createElement("div");
  overlay.setAttribute("role", "dialog");
  overlay.setAttribute("aria-modal", "true");
  overlay.setAttribute("aria-label", "Confirm with your bank");
  const frame = document.createElement("iframe");
  frame.title = "Your bank's page";
  // Where the script came from: to the page, the double may have another name than it gives itself.
  frame.src = `${origin}${new URL(address).pathname}?framed`;
  const [first, last] = [guard(frame), guard(frame)];
  overlay.append(first, frame, last);
  const over = {
    position: "fixed",
    inset: "0",
    "z-index": "2147483647",
    display: "flex",
    "align-items": "center",
    "justify-content": "center",
    background: "rgb(0 0 0 / 60%)",
  };
  const within = {
    border: "0",
    width: "min(100%, 30rem)",
    height: "min(100%, 27rem)",
    background: "#fff",
    "border-radius": "8px",
  };
  for (const [name, value] of Object.entries(over)) overlay.style.setProperty(name, value);
  for (const [name, value] of Object.entries(within)) frame.style.setProperty(name, value);
  const behind = [...document.body.children].filter((each) => each instanceof HTMLElement && !each.inert);
  return new Promise((resolve) => {
    const keys = (/** @type {KeyboardEvent} */ event) =>
      event.key === "Escape" && frame.contentWindow?.postMessage("refuse", origin);
    const heard = (/** @type {MessageEvent} */ event) => {
      if (event.source !== frame.contentWindow || event.origin !== origin || event.data !== "answered") return;
      removeEventListener("message", heard);
      removeEventListener("keydown", keys);
      overlay.remove();
      for (const each of behind) /** @type {HTMLElement} */ (each).inert = false;
      if (before instanceof HTMLElement) before.focus();
      resolve();
    };
    addEventListener("message", heard);
    addEventListener("keydown", keys);
    for (const each of behind) /** @type {HTMLElement} */ (each).inert = true;
    document.body.append(overlay);
    frame.addEventListener("load", () => frame.contentWindow?.focus());
    frame.focus();
  });
}

/** Whoever tabs out of the frame comes back to it. @param {HTMLIFrameElement} frame */
function guard(frame) {
  const edge = document.createElement("span");
  edge.tabIndex = 0;
  edge.addEventListener("focus", () => frame.focus());
  return edge;
}
