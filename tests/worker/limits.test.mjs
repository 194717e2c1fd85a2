/**
 * Compares the worker's limits and defaults with what declarations and documents say about them.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { LIMITS } from "uber-vouchers/worker-client";

import { DEFAULT_RESULTS, DEFAULT_ROWS, MAX_NAMED } from "../../build/js/worker/limits.js";
import { LONGEST_START_SECONDS } from "../../build/js/worker/program/jobs/start-plan.js";
import { settings } from "../../build/js/worker/settings.js";

const TYPES = "src/js/worker/types";
const CLIENT = "src/js/worker-client";
const ROUTES = "www/docs/reference/worker-routes.md";
const COSTS = "www/docs/guides/limits-and-costs.md";

/** @param {string} file */
const read = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

/** @param {number} figure */
const inWords = (figure) => figure.toLocaleString("en");

/** The doc comments of all members of this name in a file. @param {string} file @param {string} member */
function docsOf(file, member) {
  const found = read(file).matchAll(/\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*(\w+)\??[:(<]/g);
  const docs = Array.from(found)
    .filter(([, , name]) => name === member)
    .map(([, doc = ""]) => doc.replaceAll(/\s*\n\s*\*\s*/g, " "));
  assert.notEqual(docs.length, 0, `${file} documents no ${member}`);
  return docs;
}

test("the defaults of an option are those of its declaration", () => {
  for (const [option, value] of Object.entries(settings())) {
    if (typeof value === "object") continue;
    const said = typeof value === "number" ? inWords(value) : String(value);
    for (const doc of docsOf(`${TYPES}/options.ts`, option)) {
      assert.match(doc, new RegExp(`Default: ${said}(?!,?\\d)`), option);
    }
  }
  const { reconcile } = settings();
  for (const [option, value] of Object.entries(reconcile || {})) {
    const said = typeof value !== "number" ? `\`[${value.join(", ")}]\`` : inWords(value);
    const [doc = ""] = docsOf(`${TYPES}/options.ts`, option);
    assert.ok(doc.includes(`Default: ${said}`), option);
  }
});

test("declarations state the limits as they are", () => {
  /** @type {[file: string, member: string, ...figures: number[]][]} */
  const stated = [
    [`${TYPES}/environment.ts`, "ADMIN_TOKEN", LIMITS.tokenCharacters],
    [`${TYPES}/environment.ts`, "OPERATOR_TOKENS", LIMITS.tokenCharacters],
    [`${TYPES}/options.ts`, "startDelaySeconds", LONGEST_START_SECONDS],
    [`${TYPES}/dry-run.ts`, "firstBlocked", MAX_NAMED],
    [`${TYPES}/dry-run.ts`, "firstForeign", MAX_NAMED],
    [`${TYPES}/dry-run.ts`, "firstCancelled", MAX_NAMED],
    [`${TYPES}/dry-run.ts`, "firstUsed", MAX_NAMED],
    [`${CLIENT}/options.ts`, "source", LIMITS.nameCharacters],
    [`${CLIENT}/options.ts`, "name", LIMITS.nameCharacters],
    [`${CLIENT}/options.ts`, "startIn", LONGEST_START_SECONDS],
    [`${CLIENT}/options.ts`, "reason", LIMITS.reasonCharacters],
    [`${CLIENT}/options.ts`, "limit", LIMITS.rowsPerPage, DEFAULT_ROWS],
    [`${CLIENT}/options.ts`, "pageSize", LIMITS.guestsPerPage],
    [`${CLIENT}/api.ts`, "rename", LIMITS.nameCharacters, LIMITS.noteCharacters],
    [`${CLIENT}/api.ts`, "resultPage", LIMITS.resultsPerPage, DEFAULT_RESULTS],
    [`${CLIENT}/api.ts`, "lastJobs", LIMITS.programsPerPage],
  ];
  for (const [file, member, ...figures] of stated) {
    const docs = docsOf(file, member).filter((doc) => /\d/.test(doc));
    assert.notEqual(docs.length, 0, `${file}: ${member} states no figure`);
    for (const doc of docs) {
      for (const figure of figures) {
        assert.match(
          doc,
          new RegExp(`(?<![\\d,])${inWords(figure)}(?!,?\\d)`),
          `${member}: ${doc}`,
        );
      }
    }
  }
});

test("documents state the limits as they are", () => {
  const { batchSize, maxCodes, requestsPerSecond } = settings();
  /** @type {[file: string, pattern: RegExp, ...figures: number[]][]} */
  const stated = [
    ["SECURITY.md", /`ADMIN_TOKEN`[^|]*?(\d+) characters/, LIMITS.tokenCharacters],
    [
      "www/docs/guides/edge-worker.md",
      /`ADMIN_TOKEN` [^|]*?(\d+)\s+characters/,
      LIMITS.tokenCharacters,
    ],
    ["www/docs/guides/deploying.md", /(\d+) random characters/, LIMITS.tokenCharacters],
    [ROUTES, /`GET \/api\/programs\?ids=[^|]*\|[^|]*?(\d+)/, LIMITS.programsPerPage],
    [ROUTES, /\/guests\?[^|]*\|[^|]*?([\d,]+) guests/, LIMITS.guestsPerPage],
    [
      ROUTES,
      /"note": "…" }`[^|]*?([\d,]+) and ([\d,]+) characters/,
      LIMITS.nameCharacters,
      LIMITS.noteCharacters,
    ],
    [
      ROUTES,
      /`source`, `name` \|[^|]*?(\d+) characters;[^|]*?(\d+)/,
      LIMITS.nameCharacters,
      LIMITS.nameCharacters,
    ],
    [ROUTES, /`startIn` \|[^|]*? to ([\d,]+)/, LONGEST_START_SECONDS],
    [COSTS, /([\d,]+) \(`maxCodes`\)/, maxCodes],
    [COSTS, /([\d,]+) \(`batchSize`\)/, batchSize],
    [
      "www/docs/guides/operating.md",
      /(\d+) requests a second, of (\d+) codes/,
      requestsPerSecond,
      batchSize,
    ],
  ];
  for (const [file, pattern, ...figures] of stated) {
    const [, ...found] = pattern.exec(read(file)) ?? [];
    assert.deepEqual(found, figures.map(inWords), `${file}: ${pattern}`);
  }
});
