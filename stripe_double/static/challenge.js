// The bank's page within a shop's: it is answered once there is no form any more, and the shop may refuse for the customer.
const refuse = document.getElementById("fail");
if (!refuse) parent.postMessage("answered", "*");
addEventListener("message", ({ source, data }) => {
  if (source === parent && data === "refuse") refuse?.click();
});
addEventListener("keydown", ({ key }) => {
  if (key === "Escape") refuse?.click();
});
