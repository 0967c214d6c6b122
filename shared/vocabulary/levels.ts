/** The words of secrecy: levels, network kinds, severities, and how they compare (docs/protocol.md#shapes). */
import { Type, type Static } from 'typebox'

/** Highest first. The first three are *classified* (涉密). */
export const levels = ['top-secret', 'secret', 'confidential', 'internal', 'public'] as const
export const Level = Type.Enum(levels)
export type Level = Static<typeof Level>

export const networkKinds = ['internet', 'intranet', 'standalone'] as const
export const NetworkKind = Type.Enum(networkKinds)
export type NetworkKind = Static<typeof NetworkKind>

/** Worst first. */
export const severities = ['critical', 'high', 'moderate', 'low'] as const
export const Severity = Type.Enum(severities)
export type Severity = Static<typeof Severity>

export const isClassified = (level: Level): boolean => levels.indexOf(level) < 3

/** True where `a` is a higher level than `b`. */
export const isHigher = (a: Level, b: Level): boolean => levels.indexOf(a) < levels.indexOf(b)

export const highestLevel = (all: Iterable<Level>): Level =>
  [...all].reduce((highest, level) => (isHigher(level, highest) ? level : highest), 'public')

/** Negative where `a` is the worse: a comparator that sorts the worst first. */
export const bySeverity = (a: Severity, b: Severity): number => severities.indexOf(a) - severities.indexOf(b)

export const worstSeverity = (all: Iterable<Severity>): Severity | undefined => [...all].toSorted(bySeverity)[0]

/** An endpoint on the internet counts as `public`, whatever was entered for it (docs/protocol.md#levels). */
export const effectiveLevel = (endpoint: { level: Level; networkKind: NetworkKind }): Level =>
  endpoint.networkKind === 'internet' ? 'public' : endpoint.level
