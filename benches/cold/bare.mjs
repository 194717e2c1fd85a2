/** Nothing but `fetch`. */

const CODES = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"];

/** @param {string} url */
export async function send(url) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify({ codes: CODES }) };
  await (await fetch(`${url}/distribute`, init)).text();
}
