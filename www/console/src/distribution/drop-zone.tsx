/** Accepts a list: dropped anywhere, chosen, or pasted. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useKey } from "../frame/keys.js";
import { inSentence } from "../format.js";
import { FileIcon } from "../parts/icons.js";
import { Callout, Key } from "../parts/small.js";

interface Props {
  /** Names the program of the codes, in words. */
  whose: string;
  /** What a file must contain. */
  format: ComponentChildren;
  fault: string | null;
  onBlob(input: Blob, source: string): void;
  onRefuse(fault: string): void;
  children?: ComponentChildren;
}

export function DropZone({ whose, format, fault, onBlob, onRefuse, children }: Props) {
  const file = useRef<HTMLInputElement>(null);
  const [isPasting, setPasting] = useState(false);
  useKey("o", () => file.current?.click());
  useKey("p", () => setPasting(true));
  usePaste(onBlob);

  if (isPasting) {
    return (
      <PasteBox
        onCancel={() => setPasting(false)}
        onText={(text) => {
          setPasting(false);
          onBlob(new Blob([text]), "Pasted codes");
        }}
      />
    );
  }
  return (
    <div class="drop">
      <div class="drop-inner">
        <FileIcon />
        <p class="drop-title">Drop a list of codes anywhere on this page</p>
        <p class="drop-more">
          {format} It is read in this page, and nothing is sent until you confirm.
        </p>
        <div class="drop-actions">
          <label class="button button-file">
            <input
              ref={file}
              type="file"
              class="visually-hidden"
              accept=".csv,.tsv,.txt,.xlsx,.xlsm,text/csv,text/plain,text/tab-separated-values"
              onChange={(event) => {
                const [chosen] = event.currentTarget.files ?? [];
                event.currentTarget.value = "";
                if (chosen) onBlob(chosen, chosen.name);
              }}
            />
            Choose a file <Key>O</Key>
          </label>
          <button type="button" class="button" onClick={() => setPasting(true)}>
            Paste codes <Key>P</Key>
          </button>
        </div>
        {children}
      </div>
      {fault !== null && (
        <div role="alert">
          <Callout tone="rejected">
            <p>{fault}</p>
          </Callout>
        </div>
      )}
      <DropTarget whose={whose} onBlob={onBlob} onRefuse={onRefuse} />
    </div>
  );
}

/** A file can be dropped anywhere in the window. */
export function DropTarget({
  whose,
  onBlob,
  onRefuse,
}: Pick<Props, "whose" | "onBlob" | "onRefuse">) {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ onBlob, onRefuse });
  latest.current = { onBlob, onRefuse };
  useEffect(() => {
    let depth = 0;
    const holdsFiles = (event: DragEvent) =>
      [...(event.dataTransfer?.types ?? [])].some(
        (type) => type === "Files" || type === "text/plain",
      );
    const enter = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      const text = event.dataTransfer?.getData("text/plain") ?? "";
      const [file] = files;
      if (files.length > 1) latest.current.onRefuse("Drop one file at a time. None was read.");
      else if (file) latest.current.onBlob(file, file.name);
      else if (text.trim() !== "") latest.current.onBlob(new Blob([text]), "Dropped text");
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  if (!isOver) return null;
  return (
    <div class="drop-over" aria-hidden="true">
      <p>
        Drop to read codes for <bdi class="name-inline">{inSentence(whose)}</bdi>
      </p>
    </div>
  );
}

/** Ctrl-V anywhere outside a field. */
function usePaste(onBlob: Props["onBlob"]): void {
  const latest = useRef(onBlob);
  latest.current = onBlob;
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if ((event.target as HTMLElement).closest("input, textarea, dialog[open]")) return;
      const [file] = event.clipboardData?.files ?? [];
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (file) latest.current(file, file.name);
      else if (text.trim() !== "") latest.current(new Blob([text]), "Pasted codes");
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);
}

function PasteBox({ onText, onCancel }: { onText(text: string): void; onCancel(): void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [isEmpty, setEmpty] = useState(true);
  useEffect(() => field.current?.focus(), []);
  const submit = () => {
    const text = field.current?.value ?? "";
    if (text.trim() !== "") onText(text);
  };
  return (
    <form
      class="paste"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label for="pasted">Codes, one per line, or a CSV with its header</label>
      <textarea
        id="pasted"
        ref={field}
        rows={9}
        spellcheck={false}
        autocomplete="off"
        placeholder="1f913a96-f52c-42a0-aa0b-a2ba53b2d631"
        onInput={(event) => setEmpty(event.currentTarget.value.trim() === "")}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
        }}
      />
      <div class="paste-actions">
        <button type="submit" class="button button-strong" disabled={isEmpty}>
          Read these codes
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
