/** Notes that a function of the store was called, and tells what runs below it whose statement it is. */
import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/** Of this worker, in one test file: modules are made anew for each. */
export const calledFunctions = new Set<string>()

export const currentFunction = (): string | undefined => current.getStore()

export const called =
  <A extends unknown[], R>(name: string, run: (...parameters: A) => R) =>
  (...parameters: A): R => {
    calledFunctions.add(name)
    return current.run(name, run, ...parameters)
  }
