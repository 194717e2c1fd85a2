/** Small icons, in the colour of the text around them. */
import type { ComponentChildren } from "preact";

function Icon({ children, size = 16 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.5 10.5 3 3" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="m6 3.5 4.5 4.5L6 12.5" />
  </Icon>
);
export const FileIcon = () => (
  <Icon size={24}>
    <path d="M4 1.75h5L12.5 5.2v8.05a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V2.75a1 1 0 0 1 1-1Z" />
    <path d="M9 2v3.5h3.25M5.5 8.5h4.5M5.5 11h4.5" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon>
    <path d="M8 2.5v7.5m0 0 3-3m-3 3-3-3M2.75 13.25h10.5" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.25" y="5.25" width="8" height="8" rx="1.5" />
    <path d="M10.75 5.25v-1.5a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h1.5" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M8 2.25 14.25 13H1.75L8 2.25Z" />
    <path d="M8 6.5v3M8 11.4v.1" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M5.75 3.5v9M10.25 3.5v9" />
  </Icon>
);
export const ResumeIcon = () => (
  <Icon>
    <path d="m5 3.25 7 4.75-7 4.75z" />
  </Icon>
);
export const TicketIcon = () => (
  <svg class="icon" width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
    <rect class="logo-ground" width="32" height="32" rx="8" />
    <path class="logo-ticket" d="M7 11h18v3.2a1.8 1.8 0 0 0 0 3.6V21H7v-3.2a1.8 1.8 0 0 0 0-3.6z" />
    <path class="logo-tear" d="M19 13v1.6m0 1.6v1.6m0 0V19" />
  </svg>
);

/** The icon of a state: it differs by shape, not by colour alone. */
export function StateSign({ state }: { state: string }) {
  return (
    <svg
      class="icon"
      width="12"
      height="12"
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {SIGNS[state] ?? <circle cx="6" cy="6" r="4" />}
    </svg>
  );
}

const SIGNS: Record<string, ComponentChildren> = {
  pending: <circle cx="6" cy="6" r="4" stroke-dasharray="2 2.2" />,
  sending: <circle cx="6" cy="6" r="4" stroke-dasharray="2 2.2" />,
  queued: <path d="M2 3h8M2 6h8M2 9h4.5" />,
  rejected: <path d="M6 1.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5ZM3.2 8.8l5.6-5.6" />,
  distributed: <path d="m2.5 6.4 2.3 2.3 4.7-5.2" />,
  failed: <path d="m3 3 6 6m0-6L3 9" />,
  abandoned: <path d="M2.5 6h7" />,
  unknown: <path d="M4 4.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.7-.9 1.3M6 10v.1" />,
  "tone-calm": <circle cx="6" cy="6" r="4" />,
  "tone-live": <path d="M6 2v4l2.5 1.5M6 10.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Z" />,
  "tone-warn": <path d="M4 3v6M8 3v6" />,
  "tone-bad": <path d="M6 2.5v4M6 9v.1" />,
  "tone-good": <path d="m2.5 6.4 2.3 2.3 4.7-5.2" />,
  UPCOMING: <circle cx="6" cy="6" r="3.5" stroke-dasharray="2 1.6" />,
  ACTIVE: <circle cx="6" cy="6" r="3.2" fill="currentColor" />,
  COMPLETE: <path d="m2.5 6.4 2.3 2.3 4.7-5.2" />,
  CANCELED: <path d="m3 3 6 6m0-6L3 9" />,
};
