/** The progress of Uber's reports about the unknown codes: waiting for them is the first choice. */
import { useNow } from "../clock.js";
import { codes, left, number, since, timeOfDay, timeOfDayExactly, verb } from "../format.js";
import type { JobDetail } from "../server/types.js";

const LATELY_MS = 60_000;

export function SettlingNote({ job: { settling } }: { job: JobDetail }) {
  const now = useNow(1_000);
  if (settling === null) return null;
  const { arrived, of, lastAt, isOpen } = settling;
  const isArriving = lastAt !== null && now - lastAt < LATELY_MS;
  return (
    <p class="settling" role="status">
      <b>
        {arrived === 0
          ? `No report has arrived: 0 of ${codes(of)}.`
          : lastAt === null
            ? `No report has arrived. ${number(arrived)} of ${codes(of)} ${verb(arrived, "is", "are")} known by ${verb(arrived, "its", "their")} use.`
            : `${isArriving ? "Reports are arriving" : "Reports arrived"}: ${number(arrived)} of ${number(of)}, the last ${ago(lastAt, now)}.`}
      </b>{" "}
      {isOpen
        ? "Nothing has arrived for a while. Recipients of unknown codes may still have got the message."
        : `Wait first: each report settles codes without a second message. ${opens(settling, now)}`}
    </p>
  );
}

/** `2 s ago`, `at 08:48` */
function ago(lastAt: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - lastAt) / 1_000));
  return seconds < 60 ? `${seconds} s ago` : `${since(lastAt, now)} (${timeOfDay(lastAt)})`;
}

/** When “send again” may be chosen. */
export function opens(
  { resendAt, usageReadAt }: NonNullable<JobDetail["settling"]>,
  now: number,
): string {
  if (resendAt !== null && resendAt > now) {
    return `“Send again” is available at ${timeOfDayExactly(resendAt)} (${left(resendAt - now)}) if nothing more arrives, once usage was read.`;
  }
  return usageReadAt === null
    ? "“Send again” is available once usage was read."
    : "“Send again” is available once usage was read again.";
}
