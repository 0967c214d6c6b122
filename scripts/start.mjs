// `npm start`: a collector on the embedded store and one enrolled agent for this computer, both as the product starts
// them, with their data in ./data. Ctrl-C stops both. It only writes their config, starts them and waits.
// `npm run dev` (--dev): the same, but each begins anew when a file of its changes, and the pages come from their source.
import { execFile, spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DATA = join(ROOT, 'data')
const COLLECTOR = {
  cli: join(ROOT, 'collector/cli.ts'),
  config: join(DATA, 'collector.yaml'),
  data: join(DATA, 'collector'),
}
const AGENT = { cli: join(ROOT, 'agent/cli.ts'), config: join(DATA, 'agent.yaml'), data: join(DATA, 'agent') }
const DEMO = join(DATA, 'demo-medium')
const DEV = process.argv.includes('--dev')
const INSPECTED_AT = { collector: 9229, agent: 9230 }
/** npm waits for us; a part that does not end by itself is ended. */
const STOP_WITHIN_MS = 5000
const READY_WITHIN_MS = 60_000

const started = Date.now()
const say = (line) => console.log(`start [${((Date.now() - started) / 1000).toFixed(1)} s] ${line}`)

/** The port, or a free one where something else has it. */
const freePort = (wanted) =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (error.code === 'EADDRINUSE' && wanted > 0 ? resolve(freePort(0)) : reject(error)))
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const yaml = (value) => JSON.stringify(value) // JSON is YAML, and safe for any path

function writeConfig({ agents, console: pages }) {
  for (const folder of [COLLECTOR.data, AGENT.data, DEMO]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(
    COLLECTOR.config,
    `# Written by npm start at every start.
dataDir: ${yaml(COLLECTOR.data)}
agents: { host: 127.0.0.1, port: ${agents}, publicNames: [localhost, 127.0.0.1] }
console: { host: 127.0.0.1, port: ${pages} }
policyDir: ${yaml(join(ROOT, 'config/policy'))}
clausesFile: ${yaml(join(ROOT, 'config/clauses.yaml'))}
registerFile: ${yaml(join(ROOT, 'config/register.example.yaml'))}
`,
  )
  writeFileSync(
    AGENT.config,
    `# Written by npm start at every start.
collectors: [${yaml(`https://localhost:${agents}`)}]
dataDir: ${yaml(AGENT.data)}
declaredMedia: [{ path: ${yaml(DEMO)}, label: demo-medium }]
`,
  )
}

const children = []
/** Passes on what the child complains of, under its name; what it says of itself is said here, or passed on too in --dev. */
async function begin(name, args, env = {}) {
  const watched = DEV ? ['--watch', '--watch-preserve-output', `--inspect=${await freePort(INSPECTED_AT[name])}`] : []
  const child = spawn(process.execPath, [...watched, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', DEV ? 'pipe' : 'ignore', 'pipe'],
  })
  for (const said of [child.stdout, child.stderr])
    said?.setEncoding('utf8').on('data', (text) => process.stderr.write(text.replaceAll(/^(?=.)/gm, `${name}: `)))
  child.once('exit', (code) => {
    if (stopping === undefined) fail(`the ${name} ended by itself (exit ${code}); what it said stands above`)
  })
  children.push(child)
}

const alive = () => children.filter((child) => child.exitCode === null && child.signalCode === null)

let stopping
function stop(code) {
  stopping ??= (async () => {
    const ended = alive().map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of alive()) child.kill('SIGTERM')
    const late = setTimeout(() => alive().forEach((child) => child.kill('SIGKILL')), STOP_WITHIN_MS - 500)
    await Promise.all(ended)
    clearTimeout(late)
    say('stopped')
    process.exit(code)
  })()
}
function fail(line) {
  console.error(`start: ${line}`)
  stop(1)
}

const answers = (url) =>
  new Promise((resolve) => {
    get(`${url}/healthz`, { rejectUnauthorized: false, timeout: 2000 }, (reply) => {
      reply.resume()
      resolve(reply.statusCode === 200)
    })
      .once('error', () => resolve(false))
      .once('timeout', () => resolve(false))
  })

async function untilAnswers(url) {
  const deadline = Date.now() + READY_WITHIN_MS
  while (!(await answers(url))) {
    if (Date.now() > deadline)
      throw new Error(`the collector did not answer on ${url} within ${READY_WITHIN_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const run = promisify(execFile)
const collector = async (...args) =>
  (await run(process.execPath, [COLLECTOR.cli, ...args, '--config', COLLECTOR.config], { cwd: ROOT })).stdout

/** What the agent pins. */
function pin() {
  const { publicKey } = new X509Certificate(readFileSync(join(COLLECTOR.data, 'keys/root.pem')))
  return `sha256:${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
}

/** A token for this computer; internal and on the intranet, as the first one is. */
async function enrolment() {
  const line = await collector(
    'token',
    'create',
    '--department',
    '综合科',
    '--level',
    'internal',
    '--network-kind',
    'intranet',
    '--uses',
    '1',
    '--expires',
    '1d',
  )
  return { ENROL_TOKEN: /ENROL_TOKEN=(\S+)/.exec(line)?.[1] }
}

/** Loads the whole page anew: parts that are exchanged in a running page forget what those around them know. */
const reloading = {
  name: 'reloading',
  hotUpdate() {
    this.environment.hot.send({ type: 'full-reload' })
    return []
  },
}

/** The pages from their source, and all else from the collector; by its certificate, for cookies are kept over TLS alone. */
async function servePages(collectorUrl) {
  const { createServer: createVite } = await import('vite')
  const pem = readFileSync(join(COLLECTOR.data, 'keys/server.pem'))
  const proxy = { '^/(api/|healthz$|metrics$|openapi.json$)': { target: collectorUrl, secure: false } }
  const vite = await createVite({
    configFile: join(ROOT, 'vite.config.ts'),
    root: join(ROOT, 'collector/console'),
    plugins: [reloading],
    server: { host: 'localhost', https: { key: pem, cert: pem }, proxy },
  })
  await vite.listen()
  return `https://localhost:${vite.httpServer.address().port}`
}

async function main() {
  const ports = { agents: await freePort(8443), console: await freePort(8444) }
  const first = !existsSync(join(COLLECTOR.data, 'keys'))
  writeConfig(ports)
  let password
  if (first) {
    say('making keys, store and the first account …')
    password = await collector('init')
  }
  say('starting the collector …')
  await begin('collector', [COLLECTOR.cli, 'serve', '--config', COLLECTOR.config])
  const url = `https://localhost:${ports.console}`
  await untilAnswers(url)
  const enrolled = !first && existsSync(join(AGENT.data, 'identity/enrolment.json'))
  say(enrolled ? `starting the agent of ${hostname()} …` : `enrolling and starting the agent of ${hostname()} …`)
  await begin('agent', [AGENT.cli, 'run', '--config', AGENT.config], {
    CA_PIN: pin(),
    ...(enrolled ? {} : await enrolment()),
  })
  const page = DEV ? await servePages(url) : url
  console.log(`\nThe console (its certificate is this collector's own: the browser will ask):\n${page}\n`)
  console.log(
    password ??
      'Sign in as admin with your password, or with the one-time password of the first start. Lost: node_modules/.bin/node collector/cli.ts user reset admin --config data/collector.yaml\n',
  )
  say('copy a file into data/demo-medium and watch it join the first incident; Ctrl-C stops')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0))
await main().catch((error) => fail(error.stderr?.trim() || error.message))
