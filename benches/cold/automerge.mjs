/** Another one with wasm: it makes a document, and sends that. */
import { from } from "@automerge/automerge";

/** @param {string} url */
export async function send(url) {
  const { codes } = from({ codes: ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"] });
  const init = { method: "POST", body: JSON.stringify({ codes }) };
  await (await fetch(`${url}/distribute`, init)).text();
}
