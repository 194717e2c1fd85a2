/** A search field; the key `/` focuses it. */
import { useRef } from "preact/hooks";

import { useKey } from "../frame/keys.js";
import { SearchIcon } from "./icons.js";
import { Key } from "./small.js";

interface Props {
  label: string;
  placeholder: string;
  value: string;
  onChange(value: string): void;
  /** Down or Enter: move on to the results. */
  onLeave?(isEnter: boolean): void;
}

export function SearchField({ label, placeholder, value, onChange, onLeave }: Props) {
  const field = useRef<HTMLInputElement>(null);
  useKey("/", () => field.current?.select());
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      if (value === "") field.current?.blur();
      else onChange("");
    } else if (onLeave && (event.key === "ArrowDown" || event.key === "Enter")) {
      event.preventDefault();
      onLeave(event.key === "Enter");
    }
  };
  return (
    <label class="search">
      <SearchIcon />
      <span class="visually-hidden">{label}</span>
      <input
        ref={field}
        type="search"
        placeholder={placeholder}
        value={value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <Key>/</Key>
    </label>
  );
}
