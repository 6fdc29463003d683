// The stand-in against the types of npm's @stripe/stripe-js: what it has is of Stripe's signature, and it has or names
// the rest. Compiled, never run.
import type * as Types from "@stripe/stripe-js";

type Lacking = (typeof LACKING)[number];
type Has = Exclude<keyof Types.Stripe, Lacking>;
declare const ours: StripeJs;

// Whatever Stripe's interface has and LACKING does not name is there, and takes and answers what Stripe's does.
export const methods: Pick<Types.Stripe, Exclude<Has, "elements">> = ours;
export const makes: (options?: Types.StripeElementsOptions) => Elements = ours.elements;

// LACKING names nothing that Stripe does not have.
export const known: readonly (keyof Types.Stripe)[] = LACKING;

// elements and what they make.
type Group = "update" | "fetchUpdates" | "submit";
declare const elements: Elements;
export const group: Pick<Types.StripeElements, Group> = elements;
declare const element: StripeElement;
type Control = "mount" | "unmount" | "destroy" | "focus" | "blur" | "clear";
export const payment: Pick<Types.StripePaymentElement, Control | "on" | "once" | "off"> = element;
export const card: Pick<Types.StripeCardElement, Control | "update" | "on" | "once" | "off"> = element;
export const address: Pick<Types.StripeAddressElement, Control | "getValue"> = element;
export const link: Pick<Types.StripeLinkAuthenticationElement, Control | "on"> = element;

// As pages use it.
export async function use(stripe: StripeJs): Promise<void> {
  const { error, paymentIntent } = await stripe.confirmCardPayment("pi_1_secret_2", { payment_method: "pm_1" });
  const status: Types.PaymentIntent.Status | undefined = paymentIntent?.status;
  const message: string | undefined = error?.message;
  // @ts-expect-error An answer is not an intent.
  const intent: Types.PaymentIntent = await stripe.retrievePaymentIntent("pi_1_secret_2");
  void [status, message, intent];
}
