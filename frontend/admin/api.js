/** The desk's part of the API. Every call may throw a ProblemError, an UnreachableError or a SignedOutError. */
import { send } from "../quittance.js";
import { asSignedIn, token } from "../session.js";

// The API gives up before 29 s, and a refund is asked of Stripe meanwhile.
const TIMEOUT = 30_000;

/**
 * @param {string} path  below /admin
 * @param {Record<string, string | null | undefined>} query  what is empty is left out
 * @param {AbortSignal} [signal]
 */
export async function read(path, query = {}, signal) {
  const filled = Object.entries(query).filter(([, value]) => value);
  const search = filled.length ? `?${new URLSearchParams(filled)}` : "";
  return (await call(`${path}${search}`, {}, signal)).body;
}

/**
 * @param {string} path  below /admin
 * @param {object} [body]
 * @param {string} [idempotencyKey]
 * @returns {Promise<{status: number, body: any}>}
 */
export function act(path, body, idempotencyKey) {
  const headers = {
    ...(body && { "Content-Type": "application/json" }),
    ...(idempotencyKey && { "Idempotency-Key": idempotencyKey }),
  };
  return call(path, { method: "POST", body: body && JSON.stringify(body), headers });
}

const call = (path, init, signal) => asSignedIn(send(`/admin${path}`, TIMEOUT, { signal, token }, init));

/** @param {string} paymentId */
export const pathOf = (paymentId) => `/payments/${encodeURIComponent(paymentId)}`;

/**
 * Pages of a list from `cursor` on until there are rows, for a page may be empty.
 * @param {string} path @param {string} name  of the list in the answer @param {Record<string, any>} query
 * @param {string | null} cursor @param {AbortSignal} [signal]
 * @returns {Promise<{rows: any[], cursor: string | null}>} cursor: null when that was all
 */
export async function readPage(path, name, query, cursor, signal) {
  for (;;) {
    const answer = await read(path, { ...query, cursor }, signal);
    if (answer[name].length || !answer.cursor) return { rows: answer[name], cursor: answer.cursor };
    cursor = answer.cursor;
  }
}

/** The whole list. @param {(count: number) => void} onProgress */
export async function readAll(path, name, query, onProgress, signal) {
  const rows = [];
  let cursor = null;
  do {
    const page = await readPage(path, name, query, cursor, signal);
    rows.push(...page.rows);
    cursor = page.cursor;
    onProgress(rows.length);
  } while (cursor);
  return rows;
}
