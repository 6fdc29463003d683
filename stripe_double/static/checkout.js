const form = document.getElementById("payment");
const submit = document.getElementById("submit");
const error = document.getElementById("error");
const cardFields = document.getElementById("card-fields");
const payLabel = submit.textContent;

function showMethod() {
  // An order that costs nothing has no method to choose.
  if (!cardFields) return;
  cardFields.hidden = form.elements.method.value !== "card";
}

for (const button of document.querySelectorAll("[data-test-card]")) {
  button.addEventListener("click", () => {
    form.elements.method.value = "card";
    showMethod();
    const values = {
      cardNumber: button.dataset.testCard,
      cardExpiry: "12 / 34",
      cardCvc: button.dataset.testCard.length === 15 ? "1234" : "123",
    };
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.elements.billingName.value ||= "Jenny Rosen";
    submit.focus();
  });
}

form.addEventListener("change", showMethod);
form.addEventListener("submit", (event) => {
  if (submit.disabled) event.preventDefault();
  submit.disabled = true;
  submit.textContent = "Processing…";
});
// A page that comes back from the browser's cache must be payable again.
addEventListener("pageshow", () => {
  submit.disabled = false;
  submit.textContent = payLabel;
});

showMethod();
if (!error.hidden) error.focus();
