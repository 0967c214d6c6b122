/** What an agent keeps of its enrolment: one file, written whole, so that certificate, keys and documents always agree. */
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { readIfThere, writeSecretFile } from './files.ts'

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
