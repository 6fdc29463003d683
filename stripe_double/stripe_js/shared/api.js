/**
 * Stripe's form encoding: `a[b][c]=1`. What is undefined or null is left out.
 * @param {unknown} value @param {string} [name] @param {URLSearchParams} [form] @returns {URLSearchParams}
 */
function encodeForm(value, name = "", form = new URLSearchParams()) {
  if (value === undefined || value === null) return form;
  if (typeof value === "object") {
    for (const [key, each] of Object.entries(value)) encodeForm(each, name ? `${name}[${key}]` : key, form);
  } else form.append(name, String(value));
  return form;
}

/**
 * @typedef {{origin: string, key: string, version?: string}} Account Where the API is, and as whom it is asked.
 *
 * One call of the API with the publishable key: its object, or `{error}` with Stripe's error. Never rejects.
 * @param {Account} account @param {"GET" | "POST"} method @param {string} path @param {object} [parameters]
 * @returns {Promise<any>}
 */
async function callApi(account, method, path, parameters = {}) {
  const form = encodeForm({ ...parameters, key: account.key });
  /** @type {Record<string, string>} */
  const headers = account.version ? { "Stripe-Version": account.version } : {};
  const address = account.origin + path;
  try {
    const answer =
      method === "GET"
        ? await fetch(`${address}?${form}`, { headers })
        : await fetch(address, { method, body: form, headers });
    return await answer.json();
  } catch {
    return {
      error: {
        type: "api_connection_error",
        message: "The payments provider cannot be reached. Check the connection and try again.",
      },
    };
  }
}

/**
 * One object laid over another, as deep as both go; `undefined` covers nothing.
 * @param {any} under @param {any} over @returns {any}
 */
function merged(under, over) {
  if (over === undefined) return under;
  if (!isRecord(under) || !isRecord(over)) return over;
  const names = [...Object.keys(under), ...Object.keys(over)];
  return Object.fromEntries(names.map((name) => [name, merged(under[name], over[name])]));
}

/** @param {unknown} value @returns {boolean} */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
