/** What a webhook says. */

/** What became of a code. */
export interface WebhookOutcome {
  /** In lower case. */
  readonly code: string;
  /** Whether it reached its recipient. */
  readonly status: "distributed" | "failed";
  /**
   * Why not, in Uber's words: at most 200 characters, with `[email]` and
   * `[phone]` for what looks like an address or a number.
   */
  readonly reason: string | null;
}

/**
 * A webhook that was well signed. What Uber left out is null.
 *
 * Source: the envelope is that of a public integration (inferred). Order and
 * number are not guaranteed (stated): the same event may come again, later ones
 * first, and some not at all.
 */
export interface WebhookEvent {
  /**
   * `event_id`, else `webhook_meta.webhook_msg_uuid`. Whether a repeated delivery
   * has the same one is unknown.
   */
  readonly id: string | null;
  /** `event_type`, such as `voucher_program_code_distributed` (stated). Accept others. */
  readonly type: string;
  /** `organization_id` */
  readonly organizationId: string | null;
  /** `voucher_program_id`, also of an object that only wraps, such as `data`. */
  readonly programId: string | null;
  /** `X-Environment`, in lower case: `production` or `sandbox` (stated). It is not signed. */
  readonly environment: string | null;
  /** Epoch milliseconds: `event_time`, else `webhook_meta.webhook_msg_timestamp`. */
  readonly occurredAt: number | null;
  /** Where the newest state can be asked for. */
  readonly resourceHref: string | null;
  /**
   * The type says that it reports a distribution, and no outcome could be read, by `outcomes`
   * neither: keep the raw body, and read it again once you know its form.
   */
  readonly unread: boolean;
  /**
   * What became of codes. Uber does not document the body of
   * `voucher_program_code_distributed`, so this is empty unless it is clear; see
   * `raw`.
   */
  readonly outcomes: readonly WebhookOutcome[];
  /** The parsed body, untouched. It may hold a recipient's data. */
  readonly raw: unknown;
}
