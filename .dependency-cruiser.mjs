// The walls of the house, one a line, each with its reason. test/unit/walls.test.ts breaks every one of them once, in
// test/fixtures/walls, and expects it to be named: a new wall needs a new file there.
import { fileURLToPath } from 'node:url'

const wall = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to })

const core = (...names) => `^(node:)?(${names.join('|')})$`
const library = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`

/** What reads or writes outside the process. */
const OUTSIDE = [
  core('fs', 'fs/promises', 'net', 'http', 'https', 'http2', 'tls', 'dgram', 'dns', 'dns/promises', 'sqlite'),
  core('child_process', 'cluster', 'worker_threads', 'os', 'process', 'readline', 'readline/promises', 'repl', 'tty'),
  library(
    'koffi',
    'usb',
    'chokidar',
    'systeminformation',
    'kysely',
    'fastify',
    '@fastify',
    'ws',
    'winston',
    'nodemailer',
  ),
].join('|')
const SQL = [core('sqlite'), library('kysely')].join('|')
const NATIVE = library('koffi', '@koromix', 'usb', '@node-usb', 'systeminformation', 'chokidar')

export default {
  forbidden: [
    wall(
      'sides-never-meet',
      { path: '^(agent|collector)/' },
      { path: '^(agent|collector)/', pathNot: '^$1/' },
      'They meet on the wire.',
    ),
    wall(
      'shared-is-a-leaf',
      { path: '^shared/' },
      { path: '^(agent|base|collector|test|scripts)/' },
      'Both sides read shared; it reads neither.',
    ),
    wall(
      'base-is-a-leaf',
      { path: '^base/' },
      { path: '^(agent|collector|shared|test|scripts)/|(^|/)node_modules/' },
      'Tools of both programs: they know nothing of ours and no library. Take what you need as an argument.',
    ),
    wall(
      'shared-touches-nothing',
      { path: '^shared/' },
      { path: OUTSIDE },
      'No disk and no network: take what you need as an argument.',
    ),
    wall(
      'product-knows-no-test',
      { path: '^(agent|base|collector)/' },
      { path: '^(test|scripts)/' },
      'Tests and chores are not shipped.',
    ),
    wall(
      'product-ships-what-it-imports',
      { path: '^(agent|base|collector|shared)/', pathNot: '^collector/console/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
      'Move the package to dependencies; only the built console needs it not.',
    ),
    wall(
      'media-is-pure',
      { path: '^agent/media/' },
      { path: `${OUTSIDE}|^base/|^agent/(platform|journal|uplink|sensors)/` },
      'platform/ feeds the table, sensors read it.',
    ),
    wall(
      'sensor-knows-no-sensor',
      { path: '^agent/sensors/([^/]+)/' },
      { path: '^agent/sensors/[^/]+/', pathNot: '^agent/sensors/$1/' },
      'Share through platform/ or media/.',
    ),
    wall(
      'sensor-only-observes',
      { path: '^agent/sensors/' },
      { path: '^agent/(judge|journal|uplink)/' },
      'What it finds later is a second observation of its own.',
    ),
    wall(
      'sensor-asks-platform',
      { path: '^agent/sensors/' },
      { path: `${OUTSIDE}|^agent/platform/(linux|portable)/` },
      'What the system says comes in as a source of Platform, files too: types from platform/, never a way to get them.',
    ),
    wall(
      'only-platform-names-linux',
      { path: '^agent/', pathNot: '^agent/platform/(linux/|platform\\.ts$)' },
      { path: '^agent/platform/linux/' },
      'Another system enters as a folder beside it, and platform.ts chooses.',
    ),
    wall(
      'only-platform-touches-the-system',
      { path: '^(agent|collector)/', pathNot: '^agent/platform/' },
      { path: NATIVE },
      'Ask platform/.',
    ),
    wall(
      'only-platform-asks-node-os',
      { path: '^agent/', pathNot: '^agent/platform/' },
      { path: core('os') },
      'Ask platform/.',
    ),
    wall(
      'agent-sql-lives-in-journal-and-content',
      { path: '^agent/', pathNot: '^agent/(journal|content)/' },
      { path: SQL },
      'Ask the journal.',
    ),
    wall('sql-lives-in-store', { path: '^collector/', pathNot: '^collector/store/' }, { path: SQL }, 'Ask the store.'),
    wall(
      'api-calls-the-domain',
      { path: '^collector/api/' },
      { path: `${SQL}|^collector/(ingest|console)/` },
      'A resource calls the domain folders, never SQL.',
    ),
    wall(
      'api-and-commands-name-an-actor',
      { path: '^collector/(api|commands)/' },
      { path: '^collector/store/' },
      'Not even types: `act` and `ask` (access/acting.ts) hand out the transaction, domain folders the rows.',
    ),
    wall(
      'only-store-begins',
      { path: '^collector/', pathNot: '^collector/store/' },
      { path: '^collector/store/transaction\\.ts$' },
      'A transaction is begun in one place: `write` and `read` of the store.',
    ),
    wall(
      'correlate-is-pure',
      { path: '^collector/incidents/correlate/' },
      { path: `${OUTSIDE}|^(base|collector)/`, pathNot: '^collector/incidents/correlate/' },
      'Events in, incidents out; a replay must give the same again.',
    ),
    wall(
      'console-knows-only-the-api',
      { path: '^collector/console/' },
      { path: '^(base|collector)/', pathNot: '^collector/(console|api)/' },
      'It is another program: it meets the collector over HTTP.',
    ),
    wall(
      'console-takes-only-types-of-the-api',
      { path: '^collector/console/' },
      { path: '^collector/api/', dependencyTypesNot: ['type-only'] },
      'Import types; the code of the server stays out of the browser.',
    ),
    wall(
      'independent-leans-on-nothing',
      { path: '^test/independent/' },
      { path: '^(agent|base|collector|shared)/|^test/(?!independent/)' },
      'It checks the product by the documents alone.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: fileURLToPath(new URL('tsconfig.json', import.meta.url)) },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
