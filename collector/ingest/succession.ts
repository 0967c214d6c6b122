/** Where a new log belongs: to the branch of the log that it names, in the place of one that was refused, or to none
 *  (docs/protocol.md#epochs). Pure: what is stored and what the log's first entry says in, a place out. Nothing is refused
 *  here: what does not join is taken, flagged with what was expected and what was given, and is an incident. */
import type { LogStart } from './verify.ts'

/** A stored log, as far as succession looks at it. */
export interface LogBefore {
  readonly id: number
  readonly epoch: string
  readonly size: number
  /** Hex, of the tree at that size. */
  readonly root: string
  readonly branch: number
  readonly position: number
}

export interface KnownLogs {
  /** The agent's newest log in its order; undefined: it has none yet. */
  readonly newest: LogBefore | undefined
  /** The log that the new one names, if it is stored. */
  readonly named: LogBefore | undefined
  /** Of a named log that was refused with nothing of it stored: what was written in its place, which is the newest log. */
  readonly instead: LogBefore | undefined
  /** The last one of those that took the place of the named one after refusals. */
  readonly replacement: LogBefore | undefined
  /** A log that goes on from the named one (or its replacement), and is no replacement itself. */
  readonly successor: LogBefore | undefined
  /** The first log after the one whose place the new one takes, in the agent's order. */
  readonly next: LogBefore | undefined
}

/** What was expected of a log's beginning, and what came: each as `<epoch> <size> <root>`, `none` or `a log before it`. */
export interface Broken {
  readonly expected: string
  readonly given: string
}

export interface BranchPlace {
  /** Null: it begins a branch of its own. */
  readonly branch: number | null
  readonly position: number
  readonly replaces: number | null
  /** Logs that are forked with it: both name one predecessor. */
  readonly forkedWith: readonly number[]
  readonly broken?: Broken
}

type Previous = NonNullable<LogStart['previous']>

const told = ({ epoch, size, root }: { epoch: string; size?: number; root?: string }): string =>
  `${epoch} ${size ?? '?'} ${root ?? '?'}`
const nothing = 'none'

export function branchPlaceOf(previous: LogStart['previous'], known: KnownLogs): BranchPlace {
  const { newest, named } = known
  const last = (newest?.position ?? 0) + 1
  const alone = (broken: Broken | undefined): BranchPlace => ({
    branch: null,
    position: last,
    replaces: null,
    forkedWith: [],
    ...(broken && { broken }),
  })
  if (previous === undefined)
    return alone(newest === undefined ? undefined : { expected: told(newest), given: nothing })
  if (named === undefined && known.instead !== undefined)
    return known.successor === undefined
      ? { ...alone(undefined), branch: known.instead.branch }
      : { ...alone(undefined), forkedWith: [known.successor.id] }
  if (named === undefined)
    return alone({ expected: newest === undefined ? nothing : told(newest), given: told(previous) })
  return previous.ended === 'refused' ? inPlaceOf(previous, named, known) : after(previous, named, known, alone)
}

/** It takes the place of one that was refused: behind it and all that took its place before, ahead of what comes next. */
function inPlaceOf(previous: Previous, named: LogBefore, { replacement, next }: KnownLogs): BranchPlace {
  const behind = (replacement ?? named).position
  const broken = previous.size === undefined || previous.size > named.size || differs(previous, named)
  return {
    branch: named.branch,
    position: next === undefined ? behind + 1 : (behind + next.position) / 2,
    replaces: named.id,
    forkedWith: [],
    ...(broken && { broken: { expected: told(named), given: told(previous) } }),
  }
}

const differs = ({ size, root }: Previous, named: LogBefore): boolean => size === named.size && root !== named.root

function after(
  previous: Previous,
  named: LogBefore,
  { newest, replacement, successor }: KnownLogs,
  alone: (broken: Broken | undefined) => BranchPlace,
): BranchPlace {
  if (successor !== undefined) return { ...alone(undefined), forkedWith: [successor.id] }
  const joins = replacement === undefined ? joinsLog(previous, named) : joinsReplaced(previous, named)
  return {
    branch: named.branch,
    position: (newest?.position ?? 0) + 1,
    replaces: null,
    forkedWith: [],
    ...(!joins && { broken: { expected: told(replacement ?? named), given: told(previous) } }),
  }
}

/** Size and root stand in the store. Only a damaged log may name less of itself than is stored. */
function joinsLog({ size, root, ended }: Previous, named: LogBefore): boolean {
  if (size === named.size) return root === named.root
  return ended === 'damaged' && size !== undefined && size < named.size
}

/** The refused log with the size that it had: more than is stored of it, for the rest stands in its replacement. */
const joinsReplaced = (previous: Previous, named: LogBefore): boolean =>
  previous.size !== undefined && previous.size >= named.size && !differs(previous, named)
