/**
 * OpenID Connect as a page speaks it, with any issuer: discovery, the authorization code flow with PKCE (RFC 7636), and
 * what an ID token must say. The token comes from the issuer itself over TLS, so its signature is not looked at (OpenID
 * Connect Core 3.1.3.7); the API verifies the access token.
 */
import { config } from "./config.js";

/** @typedef {{authorize: string, token: string, end: string | null}} Endpoints */
/**
 * @typedef {{state: string, nonce: string, verifier: string, way: string, view: string, endpoints: Endpoints}} Attempt
 *   way: the address that the issuer sends people back to, and must know; view: where they go on from there
 */

/** Signing in came to nothing, for a reason to be read. */
export class SignInError extends Error {
  name = "SignInError";
}

/** Why signing in came to nothing, in a sentence; a fault of another kind is thrown on. @param {any} error */
export function whyNot(error) {
  if (error instanceof SignInError) return error.message;
  throw error;
}

const TIMEOUT = 15_000;
const CLOCK_SKEW_SECONDS = 300;

/** @returns {Promise<Endpoints>} */
export async function discover() {
  const address = `${config.issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
  const { isOk, answer } = await read(address);
  if (!isOk || answer.issuer !== config.issuer) {
    throw new SignInError(`${config.issuer} does not call itself the issuer; correct "issuer" in config.js.`);
  }
  const { authorization_endpoint: authorize, token_endpoint: token, end_session_endpoint: end = null } = answer;
  return { authorize, token, end };
}

/** A sign-in that begins now. @param {string} way @param {string} view @returns {Promise<Attempt>} */
export async function begin(way, view) {
  return { state: random(), nonce: random(), verifier: random(), way, view, endpoints: await discover() };
}

/** @param {Attempt} attempt */
export async function addressOf({ state, nonce, verifier, way, endpoints }) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return withQuery(endpoints.authorize, {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: way,
    scope: config.scope,
    audience: config.audience,
    state,
    nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
}

/** Cognito has names of its own for the client and the way back; others pass over them. */
export const endAddress = (end, idToken, way) =>
  withQuery(end, { id_token_hint: idToken, client_id: config.clientId, post_logout_redirect_uri: way, logout_uri: way });

/**
 * What the issuer gives for the code that it sent along.
 * @param {Attempt} attempt @param {string} code
 */
export async function redeem({ verifier, nonce, way, endpoints }, code) {
  const grant = { grant_type: "authorization_code", code, redirect_uri: way, code_verifier: verifier };
  const tokens = await ask(endpoints, grant);
  if (!tokens?.id_token) throw new SignInError("The issuer did not accept this sign-in. Please sign in again.");
  const problem = problemOf(claimsOf(tokens.id_token), nonce);
  if (problem) throw new SignInError(`This sign-in is refused: ${problem}. Please sign in again.`);
  return tokens;
}

/** New tokens, or null if the issuer gives none any more. @param {Endpoints} endpoints @param {string} refreshToken */
export const refresh = (endpoints, refreshToken) =>
  ask(endpoints, { grant_type: "refresh_token", refresh_token: refreshToken });

/** @returns {Promise<any>} null if the issuer says no @throws {SignInError} if nobody answers */
async function ask({ token }, grant) {
  const body = new URLSearchParams({ ...grant, client_id: config.clientId });
  const { isOk, answer } = await read(token, { method: "POST", body });
  return isOk && answer.access_token ? answer : null;
}

/** @param {string} address @param {RequestInit} [init] */
async function read(address, init) {
  try {
    const response = await fetch(address, {
      ...init,
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.status >= 500) throw new Error(String(response.status));
    return { isOk: response.ok, answer: await response.json() };
  } catch (cause) {
    throw new SignInError("The sign-in service does not answer. Please check your connection and try again.", { cause });
  }
}

/** What a JWT says, unverified. @param {string} token @returns {Record<string, any>} */
export function claimsOf(token) {
  try {
    const text = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return {};
  }
}

function problemOf({ iss, aud, exp, nonce }, expected) {
  if (iss !== config.issuer) return "another issuer answered";
  if (![aud].flat().includes(config.clientId)) return "it was meant for another page";
  if (!(exp + CLOCK_SKEW_SECONDS > Date.now() / 1000)) return "it is over already, or this computer's clock is wrong";
  if (nonce !== expected) return "it is the answer to another sign-in";
  return null;
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

function withQuery(address, query) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  return url.href;
}
