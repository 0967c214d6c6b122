/** In each worker: writes down which statements the functions of the store ran, and which of them were called at all. */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, inject } from 'vitest'
import { calledFunctions, currentFunction } from './called.ts'
import type { Recorded } from './judge.ts'

const statements = new Map<string, Set<string>>()
const note = (sql: string): void => {
  const by = currentFunction()
  if (by === undefined) return // a test's own
  const texts = statements.get(by)
  if (texts === undefined) statements.set(by, new Set([sql]))
  else texts.add(sql)
}

const restore: (() => void)[] = []

/** In place of that method one that calls `before` first, until the tests of this file have ended. */
function precede(prototype: object, method: string, before: (self: object, first: unknown) => void): void {
  const original: unknown = Reflect.get(prototype, method)
  if (typeof original !== 'function') throw new TypeError(`There is no method ${method}.`)
  Reflect.set(prototype, method, function (this: object, ...parameters: unknown[]): unknown {
    before(this, parameters[0])
    return Reflect.apply(original, this, parameters)
  })
  restore.push(() => Reflect.set(prototype, method, original))
}

precede(DatabaseSync.prototype, 'prepare', (_, sql) => note(String(sql)))
for (const method of ['run', 'all', 'get', 'iterate'])
  precede(StatementSync.prototype, method, (statement) => {
    if (currentFunction() !== undefined && statement instanceof StatementSync) note(statement.sourceSQL)
  })

afterAll(() => {
  for (const each of restore) each()
  const recorded: Recorded = {
    called: [...calledFunctions],
    statements: [...statements].flatMap(([by, texts]) => [...texts].map((sql) => ({ by, sql }))),
  }
  writeFileSync(join(inject('statements'), `${randomUUID()}.json`), JSON.stringify(recorded))
})
