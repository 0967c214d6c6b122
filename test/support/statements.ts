/** Counts the statements that run against any store while it is open: a cost that does not depend on the machine. */
import { DatabaseSync } from 'node:sqlite'

const methods = ['run', 'all', 'get', 'iterate'] as const

export interface Statements extends Disposable {
  readonly count: () => number
}

export function countStatements(): Statements {
  let count = 0
  const database = new DatabaseSync(':memory:')
  const prototype: object = Object.getPrototypeOf(database.prepare('SELECT 1'))
  database.close()
  const before = new Map(methods.map((name) => [name, Reflect.get(prototype, name)]))
  for (const [name, original] of before)
    Reflect.set(prototype, name, function (this: unknown, ...parameters: unknown[]): unknown {
      count += 1
      return Reflect.apply(original, this, parameters)
    })
  return {
    count: () => count,
    [Symbol.dispose]: () => {
      for (const [name, original] of before) Reflect.set(prototype, name, original)
    },
  }
}
