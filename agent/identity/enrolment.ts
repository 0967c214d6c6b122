/** What an agent keeps of its enrolment: one file, written whole, so that certificate, keys and documents always agree.
 *  The parts of the media list lie beside it, a file each, for one of them changes alone. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { MAX_MEDIA_PARTS } from '#shared/wire/messages.ts'
import { readIfThere, writeSecretFile } from '#base/secret-file.ts'

const Enrolment = Type.Object(
  {
    /** PEM: the agent's own, then the authorities up to the root. */
    certificate: Type.String(),
    chain: Type.String(),
    /** PEM: the root that was pinned. */
    root: Type.String(),
    collector: Type.String(),
    /** Verifier key of the office, as enrolment handed it over. */
    officeKey: Type.String(),
    /** Signed notes; replaced by newer ones. */
    policy: Type.String(),
    register: Type.String(),
    status: Type.Enum(['confirmed', 'pending']),
  },
  { additionalProperties: false },
)
export type Enrolment = Static<typeof Enrolment>
const stored = Compile(Enrolment)

const fileIn = (dataDir: string): string => join(dataDir, 'identity', 'enrolment.json')

/** Undefined where the agent is not enrolled. A file that holds none counts as none: enrolling again mends it. */
export async function readEnrolment(dataDir: string): Promise<Enrolment | undefined> {
  const text = await readIfThere(fileIn(dataDir))
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return stored.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const writeEnrolment = (dataDir: string, enrolment: Enrolment): Promise<void> =>
  writeSecretFile(fileIn(dataDir), JSON.stringify(enrolment))

const partsIn = (dataDir: string): string => join(dataDir, 'identity', 'media')
const isPart = (name: string): boolean => /^[0-9]{1,3}$/.test(name) && Number(name) < MAX_MEDIA_PARTS

/** The signed notes of the parts that are held, unopened. */
export async function readMediaParts(dataDir: string): Promise<string[]> {
  const folder = partsIn(dataDir)
  const names = (await namesIn(folder)).filter(isPart)
  const notes = await Promise.all(names.map((name) => readIfThere(join(folder, name))))
  return notes.filter((note) => note !== undefined)
}

export const writeMediaPart = (dataDir: string, part: number, note: string): Promise<void> =>
  writeSecretFile(join(partsIn(dataDir), String(part)), note)

/** They were another collector's. */
export const dropMediaParts = (dataDir: string): Promise<void> => rm(partsIn(dataDir), { recursive: true, force: true })

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
