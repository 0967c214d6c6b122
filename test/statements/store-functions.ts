/** Which functions the store has, and a Vite plugin that makes them say when they are called. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const STORE = fileURLToPath(new URL('../../collector/store/', import.meta.url))
const CALLED = fileURLToPath(new URL('called.ts', import.meta.url))
const exported = [
  /^export (?:async )?function\*? ?(\w+)/gm,
  /^export const (\w+)(?:: [\w<>]+)? =\s+(?:async )?(?:<[^>]+>)?\(/gm,
]

const functionsIn = (text: string): string[] =>
  exported.flatMap((each) => [...text.matchAll(each)].map(([, name]) => name ?? ''))

/** `file.function`, as `called` and the allow-list name them. */
export const storeFunctions = (): string[] =>
  readdirSync(STORE)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => functionsIn(readFileSync(STORE + name, 'utf8')).map((each) => `${name.slice(0, -3)}.${each}`))

/** In a test run alone: each exported function of the store is replaced, in its own module, by one that notes the call. */
export const notedStoreFunctions = (): Plugin => ({
  name: 'noted-store-functions',
  enforce: 'pre',
  transform(code, id) {
    const file = id.startsWith(STORE) ? id.slice(STORE.length) : ''
    if (!/^[\w-]+\.ts$/.test(file)) return undefined
    const names = functionsIn(code)
    if (names.length === 0) return undefined
    const noted = names.map((name) => `${name} = __called(${JSON.stringify(`${file.slice(0, -3)}.${name}`)}, ${name});`)
    const assignable = code.replace(
      /^export const (?=\w+(?:: [\w<>]+)? =\s+(?:async )?(?:<[^>]+>)?\()/gm,
      'export let ',
    )
    const end = `import { called as __called } from ${JSON.stringify(CALLED)};${noted.join('')}`
    return { code: `${assignable}\n;${end}\n`, map: null }
  },
})
