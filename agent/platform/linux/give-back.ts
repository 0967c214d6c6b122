/** Gives the memory back that only starting needed: V8 keeps its young generation, and glibc what was freed, for later. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import koffi from 'koffi'

/** Takes about 50 ms of the main thread: once, after the start. Never throws: without it the agent is only larger. */
export function giveMemoryBack(): void {
  try {
    setFlagsFromString('--expose-gc')
    const gc: unknown = runInNewContext('gc')
    if (typeof gc === 'function') Reflect.apply(gc, undefined, [{ type: 'major', flavor: 'last-resort' }])
    koffi.load('libc.so.6').func('int malloc_trim(size_t)')(0)
  } catch {
    // an engine or a C library that knows no such call
  }
}
