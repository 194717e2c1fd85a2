/** Figures that the worker's API, its clients and the documents share. */

/** Limits of the worker's API, which refuses what exceeds them. */
export const LIMITS = {
  /** The most characters of a job's name. */
  nameCharacters: 200,
  /** The most characters of a job's note. */
  noteCharacters: 2_000,
  /** The most characters of an operator's reason. */
  reasonCharacters: 500,
  /** The fewest characters of `ADMIN_TOKEN`, and of each token in `OPERATOR_TOKENS`. */
  tokenCharacters: 16,
  /** The most jobs, audit entries or events of a page. */
  rowsPerPage: 200,
  /** The most results of a page. */
  resultsPerPage: 5_000,
  /** The most guests of a page. */
  guestsPerPage: 1_000,
  /** The most programs of a page, and the most ids that `GET /api/programs` takes. */
  programsPerPage: 100,
} as const;

/** The most codes of each kind that a dry run, or a refusal, names. */
export const MAX_NAMED = 1_000;

/** The size of a page without `limit`. */
export const DEFAULT_ROWS = 50;
export const DEFAULT_RESULTS = 500;
