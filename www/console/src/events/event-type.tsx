/** The type of an event, which is one long word: it may break after an underscore. */
export function EventType({ type }: { type: string }) {
  if (type === "") return <>No type</>;
  const [first = "", ...more] = type.split("_");
  return (
    <>
      {first}
      {more.map((part) => (
        <>
          _<wbr />
          {part}
        </>
      ))}
    </>
  );
}
