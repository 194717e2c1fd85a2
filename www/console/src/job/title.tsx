/** The name and the note of a job; both can be changed. */
import { useState } from "preact/hooks";

import { announce } from "../announce.js";
import { explainAction } from "../explain.js";
import { ActionButton } from "../parts/action-button.js";
import { sourceOf } from "../parts/job-list.js";
import { Fault } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { describeJob } from "../server/jobs.js";
import { type JobDetail, LIMITS } from "../server/types.js";

export function JobTitle({ job }: { job: JobDetail }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <h1 dir="auto" class="job-title">
        {sourceOf(job)}
      </h1>
      {job.note !== null && !isOpen && (
        <p class="job-note" dir="auto">
          {job.note}
        </p>
      )}
      {isOpen ? (
        <Form job={job} onDone={() => setOpen(false)} />
      ) : (
        <ActionButton look="link" class="job-rename" onClick={() => setOpen(true)}>
          {job.note === null ? "Rename, or add a note" : "Change name and note"}
        </ActionButton>
      )}
    </>
  );
}

function Form({ job, onDone }: { job: JobDetail; onDone(): void }) {
  const [name, setName] = useState(job.name);
  const [note, setNote] = useState(job.note ?? "");
  const { isBusy, problem, act } = useAction();
  const save = () =>
    act(async () => {
      await describeJob(job.programId, job.id, { name: name.trim(), note: note.trim() });
      announce("Saved.");
      onDone();
    });
  const isNamed = name.trim() !== "";
  return (
    <form
      class="job-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNamed) save();
      }}
    >
      <label class="typed">
        <span>Name</span>
        <input
          value={name}
          maxLength={LIMITS.nameCharacters}
          dir="auto"
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <label class="typed">
        <span>Note</span>
        <textarea
          rows={2}
          maxLength={LIMITS.noteCharacters}
          dir="auto"
          value={note}
          onInput={({ currentTarget }) => setNote(currentTarget.value)}
        />
      </label>
      <div class="page-tools">
        <button type="button" class="button button-small" onClick={onDone}>
          Cancel
        </button>
        <ActionButton
          class="button-small button-strong"
          isBusy={isBusy}
          blocked={isNamed ? null : "First type a name."}
          onClick={save}
        >
          Save
        </ActionButton>
      </div>
      {problem && <Fault explained={explainAction(problem, "name")} />}
    </form>
  );
}
