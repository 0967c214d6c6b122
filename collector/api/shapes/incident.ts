/** An incident, as the API shows it: who, which machine, what medium or network, what left, which clause. */
import { Type, type Static } from 'typebox'
import { Level, Severity } from '#shared/vocabulary/levels.ts'
import { Machine } from './endpoint.ts'
import { closed, Count, CursorText, InTwoLanguages, Limit, Millis, Name } from './words.ts'

const IncidentKind = Type.Enum(['stay', 'network-episode'])

const ClauseShape = Type.Object(
  {
    id: Name,
    /** Absent where this collector does not have the clause. */
    document: Type.Optional(Type.String()),
    article: Type.Optional(Type.String()),
    /** The words as they stand in the regulation. */
    text: Type.Optional(Type.String()),
    summary: Type.Optional(InTwoLanguages),
  },
  closed,
)

const BrokenRuleShape = Type.Object(
  {
    rule: Name,
    title: Type.Optional(InTwoLanguages),
    severity: Severity,
    /** How many events broke it. */
    count: Count,
    clause: ClauseShape,
  },
  closed,
)

const MediumShape = Type.Object(
  {
    key: Name,
    status: Type.Enum(['registered', 'unregistered', 'shared-serial']),
    level: Type.Optional(Level),
    label: Type.Optional(Name),
    vendor: Type.Optional(Name),
    product: Type.Optional(Name),
    usbSerial: Type.Optional(Name),
    diskSerial: Type.Optional(Name),
    fsUuid: Type.Optional(Name),
    vid: Type.Optional(Name),
    pid: Type.Optional(Name),
    sizeBytes: Type.Optional(Type.Integer()),
  },
  closed,
)

const FilesShape = Type.Object(
  {
    copied: Count,
    interrupted: Count,
    started: Count,
    /** The first 20. */
    first: Type.Array(
      Type.Object(
        {
          copy: Name,
          path: Name,
          outcome: Type.Enum(['copied', 'interrupted']),
          sizeBytes: Type.Optional(Type.Integer()),
        },
        closed,
      ),
    ),
  },
  closed,
)

const NetworkShape = Type.Object(
  {
    interface: Type.Object({ index: Type.Integer(), name: Name, mac: Type.Optional(Name), type: Name }, closed),
    broke: Type.Array(
      Type.Object({ what: Type.Enum(['address', 'route', 'link']), text: Name, gone: Type.Boolean() }, closed),
    ),
  },
  closed,
)

export const IncidentShape = Type.Object(
  {
    id: Type.String(),
    kind: IncidentKind,
    /** Higher with every change of any incident. */
    revision: Type.Integer(),
    status: Type.String(),
    severity: Severity,
    openedAt: Millis,
    firstAt: Millis,
    lastAt: Millis,
    /** Absent while it goes on. */
    endedAt: Type.Optional(Millis),
    endedBy: Type.Optional(Type.Enum(['removed', 'boot-ended', 'link-down', 'cleared'])),
    receivedLate: Type.Boolean(),
    events: Count,
    violations: Count,
    /** Level and department as they were when it opened. */
    endpoint: Machine,
    /** Worst first. */
    rules: Type.Array(BrokenRuleShape),
    medium: Type.Optional(MediumShape),
    volumes: Type.Optional(Type.Array(Name)),
    files: Type.Optional(FilesShape),
    network: Type.Optional(NetworkShape),
  },
  closed,
)
export type IncidentView = Static<typeof IncidentShape>

export const IncidentQuery = Type.Object(
  {
    department: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    kind: Type.Optional(IncidentKind),
    severity: Type.Optional(Severity),
    before: Type.Optional(CursorText),
    limit: Type.Optional(Limit),
  },
  closed,
)
/** Newest first; `next` is absent on the last page. `revision`: the newest change, where the feed goes on. */
export const IncidentPage = Type.Object(
  { items: Type.Array(IncidentShape), next: Type.Optional(CursorText), revision: Type.Integer() },
  closed,
)
export type IncidentPageView = Static<typeof IncidentPage>

export const IncidentId = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) }, closed)

/** Open incidents. */
export const OpenCounts = Type.Object(
  { items: Type.Array(Type.Object({ department: Name, severity: Severity, count: Count }, closed)) },
  closed,
)
export type OpenCountsView = Static<typeof OpenCounts>
