/** Who is signed in in this tab. Tokens are kept in sessionStorage, and end with the tab or on signing out. */
import { config } from "../config.js";
import { SignInError, addressOf, begin, claimsOf, endAddress, redeem, refresh } from "./issuer.js";

const STORE = "quittance-desk";
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

/** @returns {{sub: string, name: string}} */
export function who() {
  const { sub = "", name, email } = claimsOf(recall().tokens?.id ?? "");
  return { sub, name: email ?? name ?? sub };
}

/** What this page may talk to beside the API. @returns {string[]} */
export function issuerAddresses() {
  const { attempt, tokens } = recall();
  const endpoints = [attempt, tokens].flatMap((each) => each?.endpoints?.token ?? []);
  return [config.issuer, ...endpoints];
}

/** Leaves for the issuer, to come back to `view`. @param {string} view */
export async function signIn(view) {
  const attempt = await begin(view);
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

/** A token for a call now, a new one if the old is nearly over. @throws {SignedOutError} @returns {Promise<string>} */
export async function accessToken() {
  const { tokens } = recall();
  if (!tokens) throw new SignedOutError();
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

/**
 * Another token than `refused`, which was refused or is nearly over. One request, however many calls wait for it.
 * @param {string} refused @throws {SignedOutError}
 * @returns {Promise<string>}
 */
export async function renew(refused) {
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

export const forget = () => sessionStorage.removeItem(STORE);

/** Here, and at the issuer where that can be: the next who signs in is asked who they are. */
export function signOut() {
  const { tokens } = recall();
  forget();
  if (!tokens?.endpoints.end) return false;
  location.assign(endAddress(tokens.endpoints.end, tokens.id));
  return true;
}
