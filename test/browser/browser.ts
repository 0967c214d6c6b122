/** Debian's chromium, driven without a screen. Nothing it does by itself leaves the machine. */
import { existsSync } from 'node:fs'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { NEXT_PASSWORD, type TestApi } from '../support/api.ts'

const EXECUTABLE = '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why there is nothing to test with; undefined where there is. */
export function missing(): string | undefined {
  if (!existsSync(EXECUTABLE)) return `no ${EXECUTABLE}: run scripts/ci-packages.sh`
  if (!existsSync(new URL('../../dist/console/index.html', import.meta.url)))
    return 'the console is not built: run npm run set-up -- --console'
  return undefined
}

export interface Opened extends AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page complained of: errors of scripts, and what the content security policy refused. */
  readonly complaints: readonly string[]
}

export async function openBrowser(url: string): Promise<Opened> {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  // An answer of 401 is what tells the page that nobody is signed in.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`)
  })
  await page.goto(url)
  return { context, page, complaints, [Symbol.asyncDispose]: () => browser.close() }
}

export async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('账号').fill('admin')
  await page.getByLabel('口令').fill(password)
  await page.getByRole('button', { name: '登录' }).click()
}

export async function changePassword(page: Page, current: string): Promise<void> {
  await page.getByLabel('当前口令').fill(current)
  await page.getByLabel('新口令', { exact: true }).fill(NEXT_PASSWORD)
  await page.getByLabel('再次输入新口令').fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: '修改口令' }).click()
}

/** Past the door: the first page, live. */
export async function openFirstPage({ api, password }: TestApi): Promise<Opened> {
  const opened = await openBrowser(api.url)
  await signIn(opened.page, password)
  await changePassword(opened.page, password)
  await opened.page.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
  return opened
}
