/** The source of the list, and further details of a job. */
import { number } from "../format.js";
import { Download } from "../parts/action-button.js";
import { DetailRow as Row } from "../parts/detail-row.js";
import { Fold } from "../parts/fold.js";
import { Copy, Moment } from "../parts/small.js";
import { apiOfJob } from "../server/jobs.js";
import type { JobDetail } from "../server/types.js";
import { hasList } from "../statuses.js";

export function Details({ job }: { job: JobDetail }) {
  const {
    id,
    programId,
    by,
    createdAt,
    finishedAt,
    duplicates,
    skipped,
    resent,
    group,
    leftOut,
    approval,
  } = job;
  return (
    <Fold class="details-card" title="Details">
      <dl class="details">
        <Row name="List">{job.source ?? "Codes"}</Row>
        <Row name="Created">
          <Moment ms={createdAt} /> by {by}
        </Row>
        {finishedAt !== null && (
          <Row name="Nothing left to send since">
            <Moment ms={finishedAt} />
          </Row>
        )}
        {duplicates > 0 && <Row name="Duplicates dropped">{number(duplicates)}</Row>}
        {skipped > 0 && <Row name="Left out: in an earlier job">{number(skipped)}</Row>}
        {resent > 0 && <Row name="In an earlier job, and sent again">{number(resent)}</Row>}
        {leftOut.cancelled > 0 && (
          <Row name="Left out: cancelled by Uber">{number(leftOut.cancelled)}</Row>
        )}
        {leftOut.used > 0 && <Row name="Left out: in use">{number(leftOut.used)}</Row>}
        {approval && (
          <Row name="Approved">
            <Moment ms={approval.at} /> by {approval.by}
          </Row>
        )}
        {group && (
          <Row name="One of several jobs of one file">
            <code>{group}</code>
          </Row>
        )}
        <Row name="Job">
          <code>{id}</code> <Copy text={id} label="Copy the job’s id" />
        </Row>
        {(hasList(job.status) || job.status === "unreadable") && (
          <Row name="Journal">
            <Download href={`${apiOfJob(programId, id)}/journal`}>Download the journal</Download>{" "}
            <span class="quiet">Every request and its result, as recorded.</span>
          </Row>
        )}
      </dl>
    </Fold>
  );
}
