/** What can be done with the codes that are selected, or that no job has sent. */
import { useEffect, useRef, useState } from "preact/hooks";

import { explainReading } from "../explain.js";
import { codes as inCodes, number } from "../format.js";
import { linesOf } from "../lists/lines.js";
import { stashList } from "../lists/list-transfer.js";
import { ActionButton } from "../parts/action-button.js";
import { Hint } from "../parts/small.js";
import { useAction } from "../parts/use-action.js";
import { navigate, paths } from "../router.js";
import { selectCodes } from "../server/program-codes.js";
import { NOT_YET } from "../words.js";
import type { Selection } from "./selection.js";

interface Props {
  programId: string;
  /** How many codes no job here has sent. */
  notYet: number;
  selection: Selection;
}

export function CodesFoot({ programId, notYet, selection }: Props) {
  const { codes, progress, hidden, clear } = selection;
  const { act, isBusy, problem } = useAction();
  const [read, setRead] = useState(0);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);

  const go = (input: Blob, count: number) => {
    stashList(programId, { input, source: `Selection of ${inCodes(count)}` });
    navigate(paths.new(programId));
  };
  const reviewNotYet = () =>
    act(async () => {
      const { signal } = stop.current;
      let count = 0;
      const onProgress = (codesRead: number) => setRead((count = codesRead));
      onProgress(0);
      const pieces = await selectCodes(programId, { filter: "not-yet" }, { signal, onProgress });
      if (!signal.aborted) go(new Blob(pieces), count);
    });
  const reviewSelected = () =>
    act(async () => {
      const input = await linesOf(codes);
      if (!stop.current.signal.aborted) go(input, codes.size);
    });
  const failed = selection.problem ?? problem;
  const why = failed && `Not all codes could be read: ${explainReading(failed).what}.`;

  if (progress !== null) {
    return (
      <div class="codes-foot">
        <span role="status">
          Selecting: {number(progress.read)} of {inCodes(progress.of)} read
        </span>
        <button type="button" class="button" onClick={clear}>
          Stop
        </button>
      </div>
    );
  }
  if (codes.size === 0) {
    return (
      <div class="codes-foot">
        {why ? (
          <span role="alert">{why}</span>
        ) : (
          <span class="quiet">
            Select codes, or take{" "}
            <Hint text={NOT_YET}>
              <span class="dotted">all not yet distributed</span>
            </Hint>
          </span>
        )}
        <ActionButton
          isBusy={isBusy}
          blocked={notYet === 0 ? "All codes were distributed." : null}
          onClick={reviewNotYet}
        >
          {isBusy
            ? `Reading: ${number(read)} of ${inCodes(notYet)}`
            : `Review ${inCodes(notYet)} not yet distributed`}
        </ActionButton>
      </div>
    );
  }
  return (
    <div class="codes-foot">
      <span aria-live="polite">
        {why} <b>{inCodes(codes.size)}</b> selected
        {hidden !== 0 && (
          <span class="quiet">
            ,{" "}
            {hidden === null
              ? "some of them may not be shown"
              : `${number(hidden)} of them not shown`}
          </span>
        )}
      </span>
      <button type="button" class="button" onClick={clear}>
        Clear
      </button>
      <button
        type="button"
        class="button button-strong"
        aria-disabled={isBusy}
        onClick={reviewSelected}
      >
        Review {inCodes(codes.size)}
      </button>
    </div>
  );
}
