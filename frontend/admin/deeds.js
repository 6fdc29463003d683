/** Doing something to a payment: asked about first, shown as it stands then, told in words whatever came of it. */
import { ProblemError, UnreachableError } from "../quittance.js";
import { act, pathOf, read } from "./api.js";
import { SignInError } from "../issuer.js";
import { isWanted } from "./question.js";
import { isDecided, problemWords } from "./words.js";

const AGAIN = "Doing it again is safe: it is done once.";

/**
 * @typedef {{path?: string, address?: string, body?: object, key?: string,
 *   question?: import("./question.js").Question, done: (answer: {status: number, body: any}) => string,
 *   begin?: () => void, decided?: () => void}} Deed
 *   path: below the payment's, and the answer has the payment; address: below /admin instead, and the payment is read
 *   again; begin, decided: before it is sent, and once there is an answer that stays
 */

/**
 * @param {import("./desk.js").Desk} desk
 * @param {any} payment  as it is shown
 * @param {(payment: any) => void} draw
 * @param {Deed} deed
 */
export async function perform(desk, payment, draw, { path, address, body, key, question, done, begin, decided }) {
  if (question && !(await isWanted(question))) return;
  begin?.();
  const settle = desk.working("One moment\u2026");
  const own = pathOf(payment.paymentId);
  const readAgain = () => read(own, {}, desk.signal).catch(() => payment);
  try {
    const answer = await act(address ?? own + path, body, key);
    decided?.();
    const now = address ? await readAgain() : (answer.body.payment ?? answer.body);
    settle();
    draw(now);
    desk.tell(done(answer));
  } catch (error) {
    const isAnswer = error instanceof ProblemError;
    if (isAnswer && isDecided(error)) decided?.();
    settle();
    const words = wordsOf(error);
    if (!words) return desk.fail(error);
    // What was refused may have been so for what happened meanwhile.
    draw(isAnswer ? await readAgain() : payment);
    desk.tell(words, true);
  }
}

/** Null for what ends the view. */
export function wordsOf(error) {
  if (error instanceof UnreachableError) return `No answer came, so it may have been done or not. ${AGAIN}`;
  if (error instanceof SignInError) return `${error.message} Nothing was done.`;
  if (!(error instanceof ProblemError) || error.status === 403) return null;
  return error.temporary ? `${problemWords(error)} ${AGAIN}` : problemWords(error);
}
