/** The last question before codes leave. */
import { useRef } from "preact/hooks";

import { codes, number } from "../format.js";
import { Modal } from "./modal.js";

interface Props {
  size: number;
  programName: string;
  isSandbox: boolean;
  /** How many of them may reach their recipient a second time. */
  again: number;
  onAnswer(isYes: boolean): void;
}

export function Confirm({ size, programName, isSandbox, again, onAnswer }: Props) {
  const answered = useRef(false);
  const answer = (isYes: boolean) => {
    if (answered.current) return;
    answered.current = true;
    onAnswer(isYes);
  };
  return (
    <Modal labelledBy="confirm-title" describedBy="confirm-text" onClose={() => answer(false)}>
      <h2 id="confirm-title">Distribute {codes(size)}?</h2>
      <div id="confirm-text">
        <p>
          In <b>{programName}</b>.{" "}
          {size === 1
            ? "It is sent to its recipient by e-mail or SMS."
            : "Each is sent to its recipient by e-mail or SMS."}{" "}
          A message can’t be taken back.
        </p>
        {again > 0 && (
          <p>
            {again === size ? (size === 1 ? "It" : "All of them") : `${number(again)} of them`} may
            reach {again === 1 ? "its recipient" : "their recipients"} a second time.
          </p>
        )}
        {isSandbox && <p class="quiet">This is the sandbox: nothing leaves this machine.</p>}
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" class="button button-strong" onClick={() => answer(true)}>
          Distribute {codes(size)}
        </button>
      </div>
    </Modal>
  );
}
