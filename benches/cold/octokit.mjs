import { Octokit } from "@octokit/core";

/** @param {string} url */
export async function send(url) {
  await new Octokit({ baseUrl: url }).request("GET /");
}
