/** That the faults of the simulation still fit the sources: `npm run test:all` sees them caught. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../scripts/setup.mjs";
import { mutated, readMutants } from "../scripts/simulate.mjs";

for (const mutant of readMutants().filter(({ driver }) => !driver)) {
  test(`${mutant.name} changes its file`, () => {
    assert.notEqual(mutated(mutant), readFileSync(join(ROOT, mutant.file), "utf8"));
  });
}
