/** The banner while everything is paused: what that means, and how to resume. */
import { useState } from "preact/hooks";

import { ActionButton } from "../parts/action-button.js";
import { PauseIcon } from "../parts/icons.js";
import { Modal } from "../parts/modal.js";
import { useAction } from "../parts/use-action.js";
import { pauseEverything, resumeHalted } from "../server/config.js";

export function EverythingPaused() {
  const { isBusy, problem, act } = useAction();
  const [isAsking, setAsking] = useState(false);
  const resumeAll = async () => {
    // Before the pause ends: if this fails, the banner is still there to show it.
    await resumeHalted();
    await pauseEverything(false);
  };
  return (
    <section class="banner" aria-label="Everything is paused">
      <PauseIcon />
      <p>
        <b>Everything is paused.</b> Nothing is sent, for any program. Uber’s reports are still
        applied.{problem && ` ${problem.message}: it is still paused.`}
      </p>
      <ActionButton
        class="button-small"
        isBusy={isBusy}
        onClick={() => act(() => pauseEverything(false))}
      >
        Resume everything
      </ActionButton>
      <ActionButton class="button-small" isBusy={isBusy} onClick={() => setAsking(true)}>
        Resume halted jobs too
      </ActionButton>
      {isAsking && (
        <Modal labelledBy="resume-title" describedBy="resume-text" onClose={() => setAsking(false)}>
          <h2 id="resume-title">Resume halted jobs too?</h2>
          <p id="resume-text">
            Every job continues, including halted ones: their pending codes are sent. Make sure that
            the causes are fixed. Unknown codes still wait for your decision.
          </p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <ActionButton
              class="button-strong"
              onClick={() => {
                setAsking(false);
                act(resumeAll);
              }}
            >
              Resume halted jobs too
            </ActionButton>
          </div>
        </Modal>
      )}
    </section>
  );
}
