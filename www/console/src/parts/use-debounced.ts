/** A text, updated once no key was pressed for a moment. */
import { useEffect, useState } from "preact/hooks";

const TYPING_MS = 200;

export function useDebounced(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
