/**
 * The one file a business edits.
 *
 * apiOrigin     where the payments API answers: scheme and host, and a path if the API has one.
 * business      what the pages call themselves, and where a customer can ask.
 *   logo          address of an image, shown beside the name.
 *   color         #rrggbb of the buttons on light pages; `colorOnDark` on dark ones. The colour of their text follows.
 *   afterPayment  a sentence for the customer who has just paid: what happens next, beside the confirmation mail.
 * payment       where customers pay: "hosted", on Stripe's page, or "embedded", in a form on pay.html; that needs the stack's
 *               StripePublishableKey. An order for 0 is confirmed on Stripe's page either way.
 * stripeJs      pay.html loads Stripe.js from here, for the form. Elsewhere than at Stripe only for tests: the page's policy
 *               must name it.
 * issuer        who signs people in, customers to their account and admins to the desk (admin/): the stack's OidcIssuer; with
 *               clientId, the pages' id there, and scope, what they ask for. audience, only for an issuer that wants to be
 *               told: Auth0, else it gives no JWT. Without an issuer there are no accounts, and no page speaks of them.
 * locale        a BCP 47 tag such as "en-GB" for amounts and dates; left out, it is the visitor's own.
 */
export const config = {
  apiOrigin: "http://localhost:3000",
  business: {
    name: "Example Studio",
    supportEmail: "support@example.com",
    logo: "logo.svg",
    color: "#2447b2",
    colorOnDark: "#9db8ff",
    afterPayment: "",
  },
  payment: "hosted",
  stripeJs: "https://js.stripe.com/endive/stripe.js",
  issuer: "http://localhost:8027",
  clientId: "quittance",
  scope: "openid email",
  audience: "",
  locale: undefined,
};
