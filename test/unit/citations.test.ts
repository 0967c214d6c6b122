/** What code and pages cite is in the repository: files, and places in pages by an anchor that outlives its heading. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** Also what is not yet added; not those that make up files. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(ts|tsx|mjs|go|md|yaml|json|jsonc|sh|service|css|html)$|^\.ci\//.test(file))
  .filter(
    (file) =>
      existsSync(join(ROOT, file)) &&
      !/^(package-lock\.json$|test\/fixtures\/walls\/|test\/unit\/(citations|house)\.)/.test(file),
  )

/** What is wrong with a target: a file from the root, and perhaps an anchor in it. */
function faultsOfTarget(target: string): string[] {
  const [file = '', anchor] = target.split('#')
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return [`${file} is not there`]
  if (anchor === undefined || read(file).includes(`<a id="${anchor}"></a>`)) return []
  return [`${file} has no <a id="${anchor}"></a>`]
}

/** Links of a page, but not those into the web. */
const linksOf = (file: string, text: string): string[] =>
  [...text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, to = '']) =>
    to.startsWith('#') ? `${file}${to}` : normalize(join(dirname(file), to)),
  )
/** Paths from the root, as comments and pages write them. */
const pathsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?<![\w./#@-])(?:agent|base|collector|config|docs|install-scripts|scripts|shared|test)\/[\w./-]*\w\.(?:ts|tsx|mjs|md|yaml|json|sh)\b(?:#[\w-]+)?/g,
    ),
  ].map(([path]) => path)

/** Sections by number are for the page itself: a number changes when a section is put in. Those of standards stay. */
function sectionsOf(file: string, text: string): string[] {
  const foreign = [...text.matchAll(/[\w/-]+\.md[`)]*,? §[\d.]*\d/g)].map(([cited]) => `${cited}: cite an anchor`)
  if (!file.startsWith('docs/')) return foreign
  const own = [...text.matchAll(/(?<!RFC \d+ |\w\.md |–)§(\d+(?:\.\d+)*)/g)]
    .filter(([, number = '']) => !new RegExp(`^#+ ${number.replaceAll('.', '\\.')}\\.? `, 'm').test(text))
    .map(([section]) => `no section ${section}`)
  return [...foreign, ...own]
}

/** Pages of the office where this was built, and a folder beside the repository; nobody else has them. */
const elsewhere = /CONTRACTS|DESIGN\.md/g
function beside(file: string, text: string): string[] {
  const named = [...text.matchAll(elsewhere)].map(([word]) => `${word} is nowhere`)
  const reached = [...text.matchAll(/(?:\.\.\/)+shared(?![\w-])(?:\/[\w./-]*\w)?/g)]
    .map(([path]) => normalize(join(dirname(file), path)))
    .filter((path) => path.startsWith('..') || !existsSync(join(ROOT, path)))
    .map((path) => `${path} is not there`)
  return [...named, ...reached]
}

const faultsOf = (file: string, text: string): string[] => [
  ...(file.endsWith('.md') ? linksOf(file, text).flatMap(faultsOfTarget) : []),
  ...pathsOf(text).flatMap(faultsOfTarget),
  ...sectionsOf(file, text),
  ...beside(file, text),
]

test('whatever is cited is there', () => {
  const faults = files.flatMap((file) => faultsOf(file, read(file)).map((fault) => `${file}: ${fault}`))
  expect(faults).toEqual([])
  expect(files.length).toBeGreaterThan(500)
})

test.for([
  ['docs/security.md', '[keys](no-page.md)', 'docs/no-page.md is not there'],
  ['docs/security.md', '[keys](protocol.md#no-anchor)', 'docs/protocol.md has no <a id="no-anchor"></a>'],
  ['docs/security.md', '[keys](#no-anchor)', 'docs/security.md has no <a id="no-anchor"></a>'],
  ['docs/limits.md', 'wait (§99)', 'no section §99'],
  ['agent/log.ts', '// docs/no-page.md says why', 'docs/no-page.md is not there'],
  ['agent/log.ts', '/** Signed (docs/protocol.md#no-anchor). */', 'docs/protocol.md has no <a id="no-anchor"></a>'],
  ['agent/log.ts', '/** Signed (docs/protocol.md §6.2). */', 'docs/protocol.md §6.2: cite an anchor'],
  ['agent/log.ts', '// as collector/no-file.ts does', 'collector/no-file.ts is not there'],
  ['agent/log.ts', '// CONTRACTS, 2', 'CONTRACTS is nowhere'],
  ['agent/log.ts', '// DESIGN.md has it', 'DESIGN.md is nowhere'],
  ['README.md', 'see ../shared', '../shared is not there'],
] as const)('%s may not say %s', ([file, text, fault]) => expect(faultsOf(file, text)).toEqual([fault]))

test.for([
  ['docs/security.md', '[tree](protocol.md#tree), [keys](#keys), [SQLite](https://sqlite.org/x.md#y), RFC 6962 §2.1'],
  ['docs/limits.md', '## 3. Journal\n\nwait (§3)'],
  ['agent/log.ts', '// docs/protocol.md#tree, as shared/event/event.ts has it (RFC 6455 §5.5.3)'],
  ['docs/limits.md', '[event.ts](../shared/event/event.ts)'],
] as const)('%s may say %s', ([file, text]) => expect(faultsOf(file, text)).toEqual([]))
