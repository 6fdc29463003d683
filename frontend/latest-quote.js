/** Quotes while somebody is choosing: one at a time, and the last one counts. */
import { quote } from "./quittance.js";

const QUIET_MILLISECONDS = 300;

let asking = new AbortController();

/** No quote that is still on its way is wanted any more. */
export const dropQuote = () => asking.abort();

/**
 * What a cart costs, asked for once nothing has been chosen for a moment; null if another was asked for meanwhile. May
 * throw as `quote` does.
 * @param {Parameters<typeof quote>[0]} cart
 */
export async function latestQuote(cart) {
  dropQuote();
  asking = new AbortController();
  const { signal } = asking;
  await new Promise((resolve) => setTimeout(resolve, QUIET_MILLISECONDS));
  try {
    return signal.aborted ? null : await quote(cart, { signal });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}
