/** The level matrix: which medium may go into which endpoint. */
import type { Level } from '#shared/vocabulary/levels.ts'

/** `allowed` ●: noted. `approval` ◦: a violation unless approved. `forbidden` ×: a violation that no approval allows. */
export type Admission = 'allowed' | 'approval' | 'forbidden'

type Row = Readonly<Record<Level, Admission>>
const row = (cells: string): Row => {
  const admission = (at: number): Admission =>
    cells[at] === '●' ? 'allowed' : cells[at] === '◦' ? 'approval' : 'forbidden'
  return {
    'top-secret': admission(0),
    secret: admission(1),
    confidential: admission(2),
    internal: admission(3),
    public: admission(4),
  }
}

const matrix: Readonly<Record<Level | 'unregistered', Row>> = {
  'top-secret': row('◦××××'),
  secret: row('◦◦×××'),
  confidential: row('◦◦◦××'),
  internal: row('×××●×'),
  public: row('××××●'),
  unregistered: row('×××◦◦'),
}

/** `endpoint`: its effective level, where an endpoint on the internet counts as `public`. */
export const admission = (medium: Level | 'unregistered', endpoint: Level): Admission => matrix[medium][endpoint]
