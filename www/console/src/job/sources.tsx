/** The sources of the states of a job's codes: how many codes each, and since when. */
import { number } from "../format.js";
import { Fold } from "../parts/fold.js";
import { Moment } from "../parts/small.js";
import type { EvidenceSources, JobDetail } from "../server/types.js";
import { hasNotBegun } from "../statuses.js";
import { hasUnknown } from "./scope.js";
import { ReadUsage } from "./usage.js";

const SOURCES: [source: keyof EvidenceSources, name: string, sentence: string][] = [
  ["answer", "Uber’s response", "Shows that a request was queued, or refused."],
  ["webhook", "Uber’s webhook", "Reports the outcome of a code later."],
  ["usage", "Usage", "Shows that a code is in use: its recipient has it."],
  ["operator", "An operator", "Decided about unknown codes."],
];

export function Sources({ job }: { job: JobDetail }) {
  const isProven = SOURCES.some(([source]) => job.sources[source].codes > 0);
  // If something is unknown, usage is read beside the decision.
  if (!isProven && (hasUnknown(job) || hasNotBegun(job.status))) return null;
  return (
    <Fold class="sources-card" title="Evidence">
      {isProven && (
        <table class="sources">
          <caption class="visually-hidden">How many code states come from each source</caption>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col" class="figure">
                Codes
              </th>
              <th scope="col">Last</th>
              <th scope="col">What it shows</th>
            </tr>
          </thead>
          <tbody>
            {SOURCES.map(([source, name, sentence]) => {
              const { codes, lastAt } = job.sources[source];
              return (
                <tr key={source} data-source={source} hidden={codes === 0}>
                  <th scope="row">{name}</th>
                  <td class="figure">{number(codes)}</td>
                  <td class="source-last">
                    {lastAt === null ? "–" : <Moment ms={lastAt} isShort />}
                  </td>
                  <td class="source-sentence">{sentence}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {!hasUnknown(job) && <ReadUsage job={job} />}
    </Fold>
  );
}
