/** What people search incidents by: number, endpoint, person, and the serial of a medium or the address of a card. */
import { sql } from 'kysely'
import type { Schema, Tx } from './schema.ts'

/** Each is a range of an index that a list is merged from. More is no search. */
const MAX_FOUND_ENDPOINTS = 100
const MAX_FOUND_DEVICES = 20
/** Fewer characters begin too many serials. */
const MIN_DEVICE_CHARACTERS = 4

export interface Found {
  /** Of the incident. */
  readonly number?: number
  readonly endpoints: readonly number[]
  /** As the column `device` has them. */
  readonly devices: readonly string[]
}

/** What the words mean: a number as incidents have it, a part of an endpoint's name, its host's or its person's, the beginning
 *  of a serial or an address; case does not matter. */
export async function findIncidents(tx: Tx, words: string): Promise<Found | 'too-many'> {
  const lower = words.toLowerCase()
  const endpoints = await endpointsNamed(tx, lower)
  const devices = await devicesFrom(tx, lower)
  if (endpoints.length > MAX_FOUND_ENDPOINTS || devices.length > MAX_FOUND_DEVICES) return 'too-many'
  return { endpoints, devices, ...(/^\d{1,9}$/.test(words) && { number: Number(words) }) }
}

async function endpointsNamed(tx: Tx, part: string): Promise<number[]> {
  const pattern = `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`
  const has = (column: keyof Schema['endpoint']) => sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`
  const rows = tx.selectFrom('endpoint').select('id')
  const named = rows.where((is) => is.or([has('name'), has('host'), has('responsible')]))
  return (await named.limit(MAX_FOUND_ENDPOINTS + 1).execute()).map(({ id }) => id)
}

/** Each once: asked for one after the other, for of one medium there may be thousands of incidents. */
async function devicesFrom(tx: Tx, beginning: string): Promise<string[]> {
  const found: string[] = []
  if (Array.from(beginning).length < MIN_DEVICE_CHARACTERS) return found
  const next = async () => {
    const [last] = found.slice(-1)
    const rows = tx.selectFrom('incident').select('device').where('device', '<', `${beginning}\u{10FFFF}`)
    const after = last === undefined ? rows.where('device', '>=', beginning) : rows.where('device', '>', last)
    return (await after.orderBy('device').limit(1).executeTakeFirst())?.device ?? undefined
  }
  for (let device = await next(); device !== undefined && found.length <= MAX_FOUND_DEVICES; device = await next())
    found.push(device)
  return found
}
