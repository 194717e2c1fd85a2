/** Who checks and parses a webhook, in any host. */
import { verify } from "@octokit/webhooks-methods";
import * as standard from "standardwebhooks";
import Stripe from "stripe";
import * as svix from "svix";
import { verifyWebhook } from "uber-vouchers";

/**
 * A body, and what each scheme signs it with.
 * @typedef {object} Message
 * @property {string} key
 * @property {string} text
 * @property {string} signature
 * @property {string} stripe the header of Stripe's scheme
 * @property {number} time in seconds, as Standard Webhooks sign it
 * @property {string} signed the header of Standard Webhooks
 */

/**
 * All get the same bytes, and give the parsed body.
 * @param {Message} message
 * @param {boolean} isNode stripe waits for WebCrypto elsewhere
 * @returns {import("../measure.mjs").Contestant[]}
 */
export function contestantsOf(message, isNode) {
  const { key, signature } = message;
  const body = new TextEncoder().encode(message.text);
  const decoder = new TextDecoder();
  const secret = `whsec_${btoa(key)}`;
  const [svixWebhook, standardWebhook] = [new svix.Webhook(secret), new standard.Webhook(secret)];
  const { webhooks } = new Stripe("sk_test_of_the_benchmark");
  /** @param {string} prefix */
  const headers = (prefix) => ({
    [`${prefix}-id`]: "id",
    [`${prefix}-timestamp`]: String(message.time),
    [`${prefix}-signature`]: message.signed,
  });
  const [svixHeaders, standardHeaders] = [headers("svix"), headers("webhook")];
  return [
    {
      name: "uber-vouchers, read into an event",
      run: async () => (await verifyWebhook({ body, signature }, { signingKey: key })).raw,
    },
    {
      name: "@octokit/webhooks-methods, JSON.parse",
      run: async () => {
        const text = decoder.decode(body);
        if (!(await verify(key, text, `sha256=${signature}`))) throw new Error("It is forged");
        return JSON.parse(text);
      },
    },
    {
      name: "stripe",
      run: isNode
        ? () => webhooks.constructEvent(Buffer.from(body.buffer), message.stripe, key)
        : () => webhooks.constructEventAsync(decoder.decode(body), message.stripe, key),
    },
    {
      name: "svix, JSON.parse",
      run: () => {
        const text = decoder.decode(body);
        svixWebhook.verify(text, svixHeaders);
        return JSON.parse(text);
      },
    },
    {
      name: "standardwebhooks",
      run: () => standardWebhook.verify(decoder.decode(body), standardHeaders),
    },
  ];
}
