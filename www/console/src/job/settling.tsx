/** How far Uber's reports of the unknown codes are: to wait for them is the first choice. */
import { useNow } from "../clock.js";
import { codes, left, number, since, timeOfDay, timeOfDayExactly } from "../format.js";
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
          : `${isArriving ? "Reports are arriving" : "Reports arrived"}: ${number(arrived)} of ${number(of)}, the last ${ago(lastAt, now)}.`}
      </b>{" "}
      {isOpen
        ? "Nothing has arrived for a while. Whoever is still unknown may have got the message all the same."
        : `Wait first: each report settles codes without a second message. ${opens(settling, now)}`}
    </p>
  );
}

/** `2 s ago`, `at 08:48` */
function ago(lastAt: number | null, now: number): string {
  if (lastAt === null) return "at a time that is not known";
  const seconds = Math.max(0, Math.round((now - lastAt) / 1_000));
  return seconds < 60 ? `${seconds} s ago` : `${since(lastAt, now)} (${timeOfDay(lastAt)})`;
}

/** When “send again” may be chosen. */
export function opens(
  { resendAt, usageReadAt }: NonNullable<JobDetail["settling"]>,
  now: number,
): string {
  if (resendAt !== null && resendAt > now) {
    return `“Send again” opens at ${timeOfDayExactly(resendAt)} (${left(resendAt - now)}) if nothing more arrives, once usage was read.`;
  }
  return usageReadAt === null
    ? "“Send again” opens once usage was read."
    : "“Send again” opens once usage was read again.";
}
