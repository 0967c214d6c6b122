import { readArgs, UsageError, type Command } from '#base/command.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { createToken, type TokenScope } from '#collector/ledgers/tokens.ts'
import { agentsUrlOf } from '#collector/config.ts'
import { openTrust } from '#collector/trust/trust.ts'
import { isClassified, levels, networkKinds } from '#shared/vocabulary/levels.ts'
import { configOption, loadOwnConfig, type Io } from './io.ts'

const MAX_USES = 10_000
const MAX_DAYS = 90
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

const options = {
  ...configOption,
  department: { type: 'string' },
  level: { type: 'string' },
  'network-kind': { type: 'string', default: 'intranet' },
  uses: { type: 'string', default: '1' },
  expires: { type: 'string', default: '7d' },
} as const

export const tokenCreate: Command<Io> = async (args, io) => {
  const { values } = readArgs(args, options)
  const scope = scopeOf(values)
  const config = await loadOwnConfig(values.config, 'token create')
  const now = io.clock.wall()
  const { caPin } = await openTrust(config.dataDir, config.agents.publicNames, now)
  await using hand = await openAtHand(config, 'token create', io)
  const token = await createToken(hand.access, hand.actor, { ...scope, now })
  io.out(`COLLECTOR_URL=${agentsUrlOf(config)} CA_PIN=${caPin} ENROL_TOKEN=${token}`)
  return 0
}

type Values = Readonly<Partial<Record<'department' | 'level' | 'network-kind' | 'uses' | 'expires', string>>>

function scopeOf(values: Values): TokenScope {
  const { department = '' } = values
  if (department === '' || department.length > 256) throw new UsageError('--department is missing: name one.')
  const level = oneOf('--level', levels, values.level)
  const networkKind = oneOf('--network-kind', networkKinds, values['network-kind'])
  if (isClassified(level) && networkKind === 'internet')
    throw new UsageError('A classified endpoint never joins the internet: give another --network-kind or --level.')
  const uses = Number(values.uses)
  if (!Number.isInteger(uses) || uses < 1 || uses > MAX_USES)
    throw new UsageError(`--uses is "${values.uses}": give a whole number from 1 to ${MAX_USES}.`)
  return { department, level, networkKind, uses, lifeMs: lifeOf(values.expires ?? '') }
}

function oneOf<T extends string>(name: string, known: readonly T[], given: string | undefined): T {
  const found = known.find((each) => each === given)
  if (found !== undefined) return found
  throw new UsageError(`${name} is ${given === undefined ? 'missing' : `"${given}"`}: give one of ${known.join(', ')}.`)
}

function lifeOf(text: string): number {
  const [, count, unit = ''] = /^([1-9][0-9]{0,6})([mhd])$/.exec(text) ?? []
  const lifeMs = Number(count) * (UNIT_MS[unit] ?? NaN)
  if (lifeMs <= MAX_DAYS * 86_400_000) return lifeMs
  throw new UsageError(`--expires is "${text}": give a number and m, h or d, such as 7d, at most ${MAX_DAYS}d.`)
}
