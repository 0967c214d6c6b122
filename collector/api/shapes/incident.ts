/** An incident, as the API shows it: who, which machine, what medium or network, what left, which clause. */
import { Type, type Static } from 'typebox'
import { Level, Severity } from '#shared/vocabulary/levels.ts'
import { EndpointBrief } from './endpoint.ts'
import { closed, Count, CursorText, Words, Limit, Millis, Moment, Name, reader, Searched } from './words.ts'

const IncidentKind = Type.Enum(['stay', 'network-episode', 'fork', 'succession', 'many-at-once'])
export const StageShape = Type.Enum(['open', 'acknowledged', 'false-alarm', 'closed', 'withdrawn'])
export type StageName = Static<typeof StageShape>
const EndedBy = Type.Enum(['removed', 'gone', 'link-down', 'allowed', 'boot-ended', 'recovered', 'unknown'])
/** An end that nobody saw: the last look that still saw it, and the first that did not. */
const Between = Type.Object({ after: Millis, before: Millis }, closed)

const ClauseShape = Type.Object(
  {
    id: Name,
    /** Absent where this collector does not have the clause. */
    document: Type.Optional(Type.String()),
    article: Type.Optional(Type.String()),
    /** The words as they stand in the regulation. */
    text: Type.Optional(Type.String()),
    summary: Type.Optional(Words),
  },
  closed,
)

const BrokenRuleShape = Type.Object(
  {
    rule: Name,
    title: Type.Optional(Words),
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
    interface: Type.Object(
      {
        index: Type.Integer(),
        name: Name,
        mac: Type.Optional(Name),
        type: Name,
        card: Name,
        netns: Type.Optional(Name),
      },
      closed,
    ),
    /** How often it was on, and the newest 8 times, the newest last. */
    contacts: Count,
    newest: Type.Array(
      Type.Object(
        {
          began: Type.Enum(['live', 'present', 'recovered', 'rule', 'approval-ended']),
          from: Millis,
          to: Type.Optional(Millis),
          ended: Type.Optional(EndedBy),
          between: Type.Optional(Between),
        },
        closed,
      ),
    ),
    /** How many parts broke a rule, and the newest 32. */
    parts: Count,
    broke: Type.Array(
      Type.Object({ what: Type.Enum(['address', 'route', 'link']), text: Name, gone: Type.Boolean() }, closed),
    ),
  },
  closed,
)

/** Of a forked log or a broken succession: what it had to be, and what came. */
const LogShape = Type.Object({ epoch: Name, expected: Name, given: Name, times: Count }, closed)

export const IncidentShape = Type.Object(
  {
    id: Type.String(),
    /** What people call it. */
    number: Type.Integer(),
    kind: IncidentKind,
    /** Higher with every change of any incident. */
    revision: Type.Integer(),
    /** What was made of it. */
    stage: StageShape,
    /** Higher with every action: whoever acts sends the one that they saw. */
    version: Type.Integer(),
    severity: Severity,
    /** When the first rule was broken, and when the first violation was received. */
    openedAt: Millis,
    arrivedAt: Millis,
    firstAt: Millis,
    lastAt: Millis,
    /** Absent while it goes on. */
    endedAt: Type.Optional(Millis),
    endedBy: Type.Optional(EndedBy),
    endedBetween: Type.Optional(Between),
    /** Its times rest on the machine’s own clock alone. */
    unverified: Type.Boolean(),
    receivedLate: Type.Boolean(),
    events: Count,
    violations: Count,
    /** Level and department as they were when it opened. */
    endpoint: EndpointBrief,
    /** Worst first. */
    rules: Type.Array(BrokenRuleShape),
    medium: Type.Optional(MediumShape),
    volumes: Type.Optional(Type.Array(Name)),
    files: Type.Optional(FilesShape),
    network: Type.Optional(NetworkShape),
    log: Type.Optional(LogShape),
    /** Of many at once: which kind, and how many it gathers. */
    many: Type.Optional(Type.Object({ of: IncidentKind, matters: Count }, closed)),
    /** Number of the incident before it, which was closed when this one began. */
    linkedTo: Type.Optional(Type.Integer()),
    /** Of one that was withdrawn: number of the incident that has its events now. */
    withdrawnInto: Type.Optional(Type.Integer()),
  },
  closed,
)
export type IncidentView = Static<typeof IncidentShape>

/** What the list is narrowed to, and its order. */
const asked = {
  /** By the event’s own time, or by when it came. */
  order: Type.Optional(Type.Enum(['happened', 'arrived'])),
  /** `worst`: by severity, and the newest first. */
  sort: Type.Optional(Type.Enum(['newest', 'oldest', 'worst'])),
  /** A number, a part of an endpoint’s name, its host’s or its person’s, or the beginning of a medium’s serial or a card’s
   *  address, of at least four characters. */
  q: Type.Optional(Searched),
  /** By the time that `order` goes by: from that moment on, and before that one. */
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
  department: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  kind: Type.Optional(IncidentKind),
  severity: Type.Optional(Severity),
  /** `waiting`: those that somebody still has to do with, as `/incidents/counts` counts them. */
  stage: Type.Optional(Type.Union([StageShape, Type.Literal('waiting')])),
}
export const IncidentQuery = Type.Object(
  { ...asked, before: Type.Optional(CursorText), limit: Type.Optional(Limit) },
  closed,
)
export type IncidentQuery = Static<typeof IncidentQuery>
export const IncidentTableQuery = Type.Object({ ...asked, ...reader }, closed)
/** Newest first where nothing else is asked for; `next` is absent on the last page. */
export const IncidentPage = Type.Object(
  {
    items: Type.Array(IncidentShape),
    next: Type.Optional(CursorText),
    /** Of all pages together; of what is searched for, or of a period, 10,001 stands for more than 10,000. */
    total: Count,
    /** Of the newest change of any incident, and where the live feed goes on from there. */
    revision: Type.Integer(),
    feed: Type.String(),
  },
  closed,
)
export type IncidentPageView = Static<typeof IncidentPage>

export const IncidentId = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) }, closed)

/** `opening`: any word that stays the same while a person has the incident open; looking is recorded once for each. Without
 *  one each request is a look of its own. */
const Opening = Type.Optional(Type.String({ pattern: '^[0-9A-Za-z-]{1,36}$' }))
export const DetailQuery = Type.Object({ opening: Opening }, closed)
export const TimelineQuery = Type.Object(
  { after: Type.Optional(CursorText), limit: Type.Optional(Limit), opening: Opening },
  closed,
)

export const TimelineTableQuery = Type.Object(reader, closed)

/** Incidents that wait for somebody: open or acknowledged. */
export const OpenCounts = Type.Object(
  { items: Type.Array(Type.Object({ department: Name, severity: Severity, count: Count }, closed)) },
  closed,
)
export type OpenCountsView = Static<typeof OpenCounts>
