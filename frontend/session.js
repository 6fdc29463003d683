/**
 * Who is signed in in this tab, at the desk and as a customer alike. Tokens are kept in sessionStorage, and end with the
 * tab or on signing out: a browser that others use as well keeps none.
 */
import { config } from "./config.js";
import { SignInError, addressOf, begin, claimsOf, endAddress, redeem, refresh } from "./issuer.js";

const STORE = "quittance-sign-in";
// A call may take as long as this, and its token must outlive it.
const EARLY_MS = 60_000;

/** Nobody is signed in any more: the token is over or refused, and there is no other. */
export class SignedOutError extends Error {
  name = "SignedOutError";
}

/**
 * attempt: a sign-in under way (issuer.js); tokens: {access, refresh, id, endsAt, endpoints}, endsAt in milliseconds by
 * this computer's clock.
 * @returns {{attempt?: any, tokens?: any}}
 */
function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
  } catch {
    return {};
  }
}

function remember(state) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(state));
  } catch (cause) {
    throw new SignInError("This browser keeps nothing for this page. Allow it to store data, and sign in again.", { cause });
  }
}

export const isSignedIn = () => Boolean(recall().tokens);

/**
 * As the issuer tells; what it does not tell is empty.
 * @returns {{sub: string, name: string, email: string, called: string}} called: what they are told that they are
 */
export function who() {
  const { sub = "", name = "", email = "" } = claimsOf(recall().tokens?.id ?? "");
  return { sub, name, email, called: email || name || sub };
}

/** What this page may talk to beside the API. @returns {string[]} */
export function issuerAddresses() {
  const { attempt, tokens } = recall();
  const endpoints = [attempt, tokens].flatMap((each) => each?.endpoints?.token ?? []);
  return [config.issuer, ...endpoints];
}

/**
 * Leaves for the issuer.
 * @param {string} way  the address of a page that calls finishSignIn; the issuer must know it
 * @param {string} view  what that page goes on with
 */
export async function signIn(way, view) {
  const attempt = await begin(way, view);
  remember({ attempt });
  location.assign(await addressOf(attempt));
}

/**
 * Takes what the issuer has sent along, if this is the way back from it.
 * @param {URLSearchParams} query  of the address, from which it is gone already
 * @returns {Promise<string | null>} the view to go on with
 * @throws {SignInError}
 */
export async function finishSignIn(query) {
  const [state, code, refusal, issuer] = ["state", "code", "error", "iss"].map((name) => query.get(name));
  if (!state) return null;
  const { attempt, tokens } = recall();
  const isMixedUp = attempt?.state !== state || (issuer && issuer !== config.issuer);
  // A link that somebody made must not end the session there is.
  if (isMixedUp) throw new SignInError("This sign-in was not begun in this tab, or is an old one. Please sign in again.");
  remember({ tokens });
  if (refusal === "access_denied") throw new SignInError("The sign-in was broken off. Please sign in again.");
  if (!code) throw new SignInError(`The issuer refused the sign-in (${refusal}). Please try again, or ask who runs it.`);
  keep(await redeem(attempt, code), attempt);
  return attempt.view;
}

function keep(answer, { endpoints, refresh: refreshBefore, id: idBefore }) {
  const { exp, iat } = claimsOf(answer.access_token);
  const tokens = {
    access: answer.access_token,
    refresh: answer.refresh_token ?? refreshBefore,
    id: answer.id_token ?? idBefore,
    endsAt: Date.now() + (answer.expires_in ?? exp - iat) * 1000,
    endpoints,
  };
  remember({ tokens });
  return tokens.access;
}

/**
 * A token for a call now, a new one if the old is nearly over: what quittance.js takes as `token`.
 * @param {string} [refused]  a token that the API has refused: another than this
 * @throws {SignedOutError} @returns {Promise<string>}
 */
export async function token(refused) {
  const { tokens } = recall();
  if (!tokens) throw new SignedOutError();
  if (refused) return renew(refused);
  if (Date.now() < tokens.endsAt - EARLY_MS) return tokens.access;
  try {
    return await renew(tokens.access);
  } catch (error) {
    // The issuer is away for a moment, or gives no second token: the one there is still holds.
    if (Date.now() < tokens.endsAt && !(error instanceof SignedOutError)) return tokens.access;
    throw error;
  }
}

/** @type {Promise<string> | null} */
let renewing = null;

/** Another than `refused`. One request, however many calls wait for it. @param {string} refused @returns {Promise<string>} */
async function renew(refused) {
  const { tokens } = recall();
  if (tokens && tokens.access !== refused) return tokens.access;
  renewing ??= askForAnother(tokens).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function askForAnother(tokens) {
  const answer = tokens?.refresh ? await refresh(tokens.endpoints, tokens.refresh) : null;
  if (!answer) {
    forget();
    throw new SignedOutError();
  }
  return keep(answer, tokens);
}

/** What is dispatched on the window when nobody is signed in any more, however that came. */
export const SIGNED_OUT = "quittance-signed-out";

export function forget() {
  sessionStorage.removeItem(STORE);
  window.dispatchEvent(new Event(SIGNED_OUT));
}

/**
 * What was asked of the API with `token`; nobody is signed in any more where it takes no token that there is.
 * @template Answer @param {Promise<Answer>} asked @throws {SignedOutError} @returns {Promise<Answer>}
 */
export async function asSignedIn(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error.status !== 401) throw error;
    forget();
    throw new SignedOutError();
  }
}

/**
 * Here, and at the issuer where that can be: the next who signs in is asked who they are.
 * @param {string} way  where the issuer sends back to @returns {boolean} whether this leaves for the issuer
 */
export function signOut(way) {
  const { tokens } = recall();
  forget();
  if (!tokens?.endpoints.end) return false;
  location.assign(endAddress(tokens.endpoints.end, tokens.id, way));
  return true;
}
