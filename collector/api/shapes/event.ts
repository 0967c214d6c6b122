/** An event, as the API shows it: flat, so that a reader need not know every kind. */
import { Type, type Static } from 'typebox'
import { Level, Severity } from '#shared/vocabulary/levels.ts'
import { closed, Count, CursorText, Limit, Millis, Name } from './words.ts'

export const EventShape = Type.Object(
  {
    /** Its place in the store, growing. */
    id: Type.Integer(),
    agent: Type.String(),
    /** Its place in the proof: which log, which leaf. */
    epoch: Type.String(),
    index: Type.Integer(),
    at: Millis,
    /** Its time rests on the machine’s own clock alone. */
    unverified: Type.Boolean(),
    /** An end that nobody saw: the last look that still saw it, and the first that did not. */
    between: Type.Optional(Type.Object({ after: Millis, before: Millis }, closed)),
    receivedAt: Millis,
    /** Received more than a minute after its own time. */
    receivedLate: Type.Boolean(),
    kind: Type.String(),
    found: Type.Enum(['live', 'present', 'reconciled', 'recovered']),
    /** Absent: noted. */
    severity: Type.Optional(Severity),
    rules: Type.Array(Name),
    medium: Type.Optional(
      Type.Object(
        {
          status: Name,
          level: Type.Optional(Level),
          label: Type.Optional(Name),
          vendor: Type.Optional(Name),
          product: Type.Optional(Name),
          serial: Type.Optional(Name),
          sizeBytes: Type.Optional(Type.Integer()),
        },
        closed,
      ),
    ),
    volume: Type.Optional(
      Type.Object(
        {
          mountPoint: Name,
          device: Type.Optional(Name),
          fs: Type.Optional(Name),
          readOnly: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    file: Type.Optional(Type.Object({ copy: Name, path: Name, sizeBytes: Type.Optional(Type.Integer()) }, closed)),
    interface: Type.Optional(Name),
    /** `10.9.9.9/24` */
    address: Type.Optional(Name),
    /** `0.0.0.0/0 via 10.9.9.1 metric 100` */
    route: Type.Optional(Name),
    actor: Type.Optional(Name),
    /** Ids of the approvals without which a rule would have been broken. */
    approvals: Type.Optional(Type.Array(Name)),
    /** By kind. */
    change: Type.Optional(Type.Enum(['added', 'removed'])),
    reason: Type.Optional(Name),
    sha256: Type.Optional(Type.String()),
    count: Type.Optional(Type.Integer()),
    remount: Type.Optional(Type.Boolean()),
    text: Type.Optional(Name),
    /** Of `agent.started`: the log before this one, and how it ended. */
    previous: Type.Optional(
      Type.Object(
        { epoch: Type.String(), size: Count, ended: Type.Enum(['clean', 'unclean', 'refused', 'damaged']) },
        closed,
      ),
    ),
  },
  closed,
)
export type EventView = Static<typeof EventShape>

export const EventQuery = Type.Object({ before: Type.Optional(CursorText), limit: Type.Optional(Limit) }, closed)
export const EventPage = Type.Object({ items: Type.Array(EventShape), next: Type.Optional(CursorText) }, closed)
export type EventPageView = Static<typeof EventPage>
