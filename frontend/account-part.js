/** A part of the account, which is loaded by itself: what it waits for, what went wrong with it, and trying again. */
import { ACCOUNT } from "./account-words.js";
import { whatHappened } from "./ordering.js";
import { ProblemError, isTemporary } from "./quittance.js";
import { SignedOutError, asSignedIn } from "./session.js";
import { byId } from "./site.js";

/**
 * @param {string} id  of the part, which has elements `<id>-note`, `<id>-problem`, `<id>-problem-message` and `<id>-again`
 * @param {() => void} leave  what is done when nobody is signed in any more
 */
export function partOf(id, leave) {
  const note = byId(`${id}-note`);
  const problem = byId(`${id}-problem`);
  const again = byId(`${id}-again`);

  /**
   * Asks, and shows what was answered; whatever goes wrong is told in the part.
   * @template Answer
   * @param {{ask: () => Promise<Answer>, show: (answer: Answer) => void, busy?: string, retry?: () => void,
   *   wordsOf?: (error: any) => string | undefined}} what
   *   busy: what is said meanwhile; retry: the same once more; wordsOf: what an error means here, if it is special
   * @returns {Promise<boolean>} whether it was shown
   */
  async function load({ ask, show, busy = ACCOUNT.loading, retry, wordsOf = () => undefined }) {
    problem.hidden = true;
    note.textContent = busy;
    try {
      const answer = await asSignedIn(ask());
      note.textContent = "";
      show(answer);
      return true;
    } catch (error) {
      note.textContent = "";
      if (error instanceof SignedOutError) leave();
      else tell(wordsOf(error) ?? troubleWords(error), isTemporary(error) ? retry : undefined);
      return false;
    }
  }

  /** @param {string} words @param {() => void} [retry] */
  function tell(words, retry) {
    byId(`${id}-problem-message`).textContent = words;
    again.hidden = !retry;
    again.onclick = retry;
    problem.hidden = false;
    problem.focus();
  }

  const hush = () => {
    problem.hidden = true;
  };
  return { load, tell, hush, note };
}

/** What the API says to any request of the kind, by status. @type {Record<number, string>} */
const REFUSALS = { 403: ACCOUNT.refused, 404: ACCOUNT.missing };

const troubleWords = (error) => (error instanceof ProblemError && REFUSALS[error.status]) || whatHappened(error);
