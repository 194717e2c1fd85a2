/** The choice of one code that is sent first: by its recipient, its `code_text` or its id. */
import type { CodeList } from "uber-vouchers";
import { useEffect, useState } from "preact/hooks";

import { codes, number, shortId } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
import { RecipientTools } from "../parts/recipient-tools.js";
import { type ShownRecipients, inOneLine, useRecipients } from "../parts/use-recipients.js";
import { useDebounced } from "../parts/use-debounced.js";
import type { Recipients } from "../server/guests.js";
import { type Offer, type OfferedCode, findInList } from "./find-first.js";
import type { FirstCode } from "./first-code.js";
import type { SendingOptions } from "./sending-options.js";

export interface OneFirstProps {
  programId: string;
  how: SendingOptions;
  list: CodeList;
  leaving: number;
  /** What is known of the chosen code. */
  firstCode: FirstCode;
  /** Codes of the list that are known to be left out: they are not offered. */
  leftOut: ReadonlySet<string>;
  /** The masked recipients, if they were read for the review. */
  recipients: Recipients | null;
  onChange(how: SendingOptions): void;
  onCheckAgain(): void;
}

export function OneFirst(props: OneFirstProps) {
  const { how, leaving, firstCode, onChange, onCheckAgain } = props;
  const isOn = how.first !== null;
  return (
    <>
      <label class="decision">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) =>
            onChange({ ...how, first: event.currentTarget.checked ? likely(props) : null })
          }
        />
        <span>
          Send one code first
          <span class="decision-more">
            Then it pauses: check the outcome, and send the other {number(leaving - 1)}.
          </span>
        </span>
      </label>
      {isOn && <Which {...props} />}
      {isOn && (
        <p class="how-first-why" id="how-first-why" role="status">
          {firstCode.step === "left out" && (
            <b>This code is left out: {firstCode.why}. Choose another one.</b>
          )}
          {firstCode.step === "failed" && (
            <>
              It is not known whether this code can be sent: {firstCode.why}.{" "}
              <ActionButton look="link" onClick={onCheckAgain}>
                Check again
              </ActionButton>
            </>
          )}
        </p>
      )}
    </>
  );
}

/** The first code that is not left out; rather one that somebody gets. */
function likely({ list, leftOut, recipients }: OneFirstProps): string {
  let first = "";
  for (const code of list) {
    if (leftOut.has(code)) continue;
    if (recipients === null || recipients.byCode.has(code)) return code;
    first ||= code;
  }
  return first;
}

function Which({ programId, how, list, firstCode, leftOut, recipients, onChange }: OneFirstProps) {
  const own = useRecipients(programId);
  const shown: ShownRecipients = { ...own, value: own.value ?? recipients };
  const first = how.first ?? "";
  const [isOpen, setOpen] = useState(false);
  const [isTyped, setTyped] = useState(false);
  const [active, setActive] = useState(0);
  const about = { programId, list, leftOut, recipients: shown.value?.byCode ?? null };
  const text = isOpen && !isTyped ? "" : first;
  const found = useOffer(useDebounced(text), about);
  // What was found for another text must not be chosen.
  const offer = found?.text === text ? found : null;
  const offered = offer?.codes ?? [];
  const chosen = offered.find(({ code }) => code === first.trim().toLowerCase());
  const isListed = isOpen && offered.length > 0;
  const current = Math.min(active, offered.length - 1);
  const choose = ({ code }: OfferedCode) => {
    onChange({ ...how, first: code });
    setOpen(false);
    setTyped(false);
  };
  const open = () => {
    setActive(0);
    setOpen(true);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!isOpen) open();
      else setActive((current + step + offered.length) % Math.max(1, offered.length));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const one = offered[current];
      if (one) choose(one);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  const combobox = {
    role: "combobox",
    "aria-expanded": isListed,
    "aria-controls": isListed ? "how-offered" : undefined,
    "aria-autocomplete": "list",
    "aria-activedescendant": isListed ? `offered-${current}` : undefined,
  };
  return (
    <>
      <div class="how-first-field">
        <label class="how-first">
          Which one, of {codes(list.size)}: recipient, code_text or id
          <input
            {...(combobox as object)}
            value={first}
            autocomplete="off"
            spellcheck={false}
            aria-invalid={firstCode.step === "absent" || firstCode.step === "left out"}
            aria-describedby="how-first-who how-first-why"
            onInput={(event) => {
              setTyped(true);
              open();
              onChange({ ...how, first: event.currentTarget.value });
            }}
            onClick={open}
            onBlur={() => setOpen(false)}
            onKeyDown={pressed}
          />
        </label>
        {isListed && (
          <ul id="how-offered" role="listbox" aria-label="Codes of the list" class="how-offered">
            {offered.map((one, index) => (
              <li
                key={one.code}
                id={`offered-${index}`}
                role="option"
                aria-selected={index === current}
                // The field keeps the focus.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(one)}
              >
                <Who offered={one} isRead={shown.value !== null} />
              </li>
            ))}
          </ul>
        )}
      </div>
      <p class="how-first-who" id="how-first-who" role="status">
        {chosen ? (
          <Who offered={chosen} isRead={shown.value !== null} />
        ) : (
          isTyped &&
          offer !== null &&
          (offered.length === 0
            ? nothingFound(shown)
            : offer.isCut && "There may be more: type more of it.")
        )}
      </p>
      <div class="how-first-tools">
        <RecipientTools recipients={shown} />
      </div>
    </>
  );
}

function Who({
  offered: { code, codeText, recipient },
  isRead,
}: {
  offered: OfferedCode;
  isRead: boolean;
}) {
  return (
    <>
      {isRead && (
        <span dir="auto">{recipient ? `To ${inOneLine(recipient)}` : "To nobody: no guest"}</span>
      )}
      <span class="quiet">
        {codeText !== null && <code>{codeText}</code>} <code title={code}>{shortId(code)}</code>
      </span>
    </>
  );
}

const nothingFound = ({ value }: ShownRecipients): string =>
  value === null
    ? "No code_text and no id of this list matches. Recipients are found once they are shown."
    : value.isMasked
      ? "Nothing matches. Recipients are masked: addresses are found once they are unmasked."
      : "Nothing of this list matches.";

/** The found codes, with the text for which they were found. */
function useOffer(
  text: string,
  { programId, list, leftOut, recipients }: Omit<Parameters<typeof findInList>[1], "signal">,
): (Offer & { text: string }) | null {
  const [offer, setOffer] = useState<(Offer & { text: string }) | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    findInList(text, { programId, list, leftOut, recipients, signal }).then(
      (found) => signal.aborted || setOffer({ ...found, text }),
      () => {},
    );
    return () => stop.abort();
  }, [text, programId, list, leftOut.size, recipients]);
  return offer;
}
