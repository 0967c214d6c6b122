import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { resetPassword } from '#collector/access/accounts.ts'
import { openTestApi, testing } from '../support/api.ts'
import { addEndpoint, agentOf, batchOf } from '../support/collector-store.ts'
import { verdict } from '../support/events.ts'
import { stayOf } from '../support/office.ts'
import { missing, openFirstPage, signIn } from './browser.ts'
import { NEXT_PASSWORD } from '../support/api.ts'

const reason = missing()
if (reason !== undefined) console.log(`browser tests skipped: ${reason}`)

/** The browser's open connections to that port (proc(5), net/tcp: state 01 is ESTABLISHED). */
async function socketsTo(url: string): Promise<number> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0')
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n')
  return lines.filter((line) => {
    const [, , remote = '', state] = line.trim().split(/\s+/)
    return remote.endsWith(`:${port}`) && state === '01'
  }).length
}

const epochOf = (n: number): string => `${String(n).padStart(8, '0')}-2222-4222-8222-222222222222`

describe.skipIf(reason !== undefined)('the console, live', () => {
  test('ten tabs share one feed, each shows a change, and goes on when the tab that had it is closed', async () => {
    await using tested = await openTestApi()
    const endpoint = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
    await using opened = await openFirstPage(tested)
    const { page, context } = opened
    let feeds = 0
    context.on('request', (request) => void (request.url().includes('/feed?') && (feeds += 1)))
    const others = await Promise.all(
      Array.from({ length: 9 }, async () => {
        const other = await context.newPage()
        await other.goto(tested.api.url)
        await other.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
        return other
      }),
    )
    expect(feeds).toBe(0) // the first tab has it
    expect(await socketsTo(tested.api.url)).toBeLessThanOrEqual(6)
    const commit = (n: number) => {
      const stay = { plug: n, agoMs: 5_000, medium: { label: `第${n}个U盘` }, verdicts: [verdict()], files: [] }
      return tested.commit(batchOf(endpoint, stayOf(stay), { epoch: epochOf(n) }))
    }
    await commit(1)
    const committedAt = Date.now()
    const shown = await Promise.all(
      [page, ...others].map(async (tab) => {
        await tab.getByRole('row', { name: '第1个U盘' }).waitFor({ state: 'attached' })
        return Date.now() - committedAt
      }),
    )
    console.log(
      `ten tabs: shown after ${Math.max(...shown)} ms at the latest, ${await socketsTo(tested.api.url)} sockets`,
    )

    await page.close()
    await expect.poll(() => feeds).toBe(1)
    await commit(2)
    await Promise.all(others.map((tab) => tab.getByRole('button', { name: /^\d+ 起新事件/ }).waitFor()))

    await tested.stop()
    await others[0]?.getByRole('alert').filter({ hasText: '连接已中断' }).waitFor()
    await commit(3)
    await tested.startAgain()
    await Promise.all(
      others.map(async (tab) => {
        await tab.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
        await tab.getByRole('button', { name: /起新事件/ }).click()
        await tab.getByRole('row', { name: '第3个U盘' }).waitFor()
      }),
    )
    expect(tested.failures).toEqual([])
  })

  test('500 incidents in ten seconds: the row that is read stays, no task is long, and they wait above', async () => {
    await using tested = await openTestApi()
    const endpoint = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
    const commit = (n: number) =>
      tested.commit(
        batchOf(
          endpoint,
          stayOf({
            plug: n,
            agoMs: 1_000,
            medium: { label: `U盘${n}` },
            verdicts: [verdict()],
            files: [['甲.docx', 100]],
          }),
          { epoch: epochOf(n) },
        ),
      )
    for (let n = 1; n <= 60; n += 1) await commit(n)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    await expect.poll(() => rows.count()).toBe(50)
    const read = rows.nth(20)
    await read.scrollIntoViewIfNeeded()
    const [text, before] = [await read.innerText(), await read.boundingBox()]
    await page.evaluate(`window.tasks = []
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: 'longtask' })`)
    const begun = Date.now()
    for (let n = 61; n <= 560; n += 1) {
      await commit(n)
      const ahead = (n - 60) * 20 - (Date.now() - begun)
      if (ahead > 0) await page.waitForTimeout(ahead)
    }
    const waiting = page.getByRole('button', { name: /起新事件/ })
    // Each log that follows no other is an incident too.
    await expect.poll(async () => Number.parseInt(await waiting.innerText(), 10)).toBeGreaterThanOrEqual(500)
    expect(await read.innerText()).toBe(text)
    expect(await read.boundingBox()).toEqual(before)
    expect(await rows.count()).toBe(50)
    const tasks = await page.evaluate<number[]>('window.tasks')
    const nodes = await page.locator('*').count()
    console.log(`burst: ${tasks.length} tasks over 50 ms (${tasks.join(' ')}), ${nodes} nodes`)
    expect(tasks).toEqual([])
    await waiting.click()
    await page.getByRole('row', { name: 'U盘560' }).waitFor()
    expect(tested.failures).toEqual([])
  })

  test('a session that has ended leads to the door at the next click, and nothing stays', async () => {
    await using tested = await openTestApi()
    const endpoint = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
    const stay = { plug: 1, agoMs: 5_000, medium: { label: '机要U盘' }, verdicts: [verdict()], files: [] }
    await tested.commit(batchOf(endpoint, stayOf(stay)))
    await using opened = await openFirstPage(tested)
    const { page, context } = opened
    await page.getByRole('row', { name: '机要U盘' }).waitFor()
    await context.clearCookies()
    await page.getByRole('row', { name: '机要U盘' }).click()
    await page.getByRole('heading', { name: '登录' }).waitFor()
    expect(await page.getByText('机要U盘').count()).toBe(0)
    expect(new URL(page.url()).search).toBe('')
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('signing out in a tab whose token is old signs out, in every tab; where it does not, it says so', async () => {
    await using tested = await openTestApi()
    await using opened = await openFirstPage(tested)
    const { page: old, context } = opened
    const other = await context.newPage()
    await other.goto(tested.api.url)
    await other.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
    // Another sign-in of the same browser: the first tab keeps the token of the session before.
    await other.evaluate(async (password) => {
      const headers = { 'content-type': 'application/json' }
      await fetch('/api/v1/session', { method: 'POST', headers, body: JSON.stringify({ account: 'admin', password }) })
    }, NEXT_PASSWORD)
    await old.route('**/api/v1/session', (route) =>
      route.request().method() === 'DELETE' ? route.abort() : route.continue(),
    )
    await old.getByRole('button', { name: '账号' }).click()
    await old.getByText('退出登录').click()
    await old.getByRole('alert').filter({ hasText: '仍处于登录状态' }).waitFor()
    await old.unroute('**/api/v1/session')
    await old.getByRole('dialog').getByRole('button', { name: '重试' }).click()
    await old.getByRole('heading', { name: '登录' }).waitFor()
    await other.getByRole('heading', { name: '登录' }).waitFor()
    expect(await other.evaluate(async () => (await fetch('/api/v1/session')).status)).toBe(401)
  })

  test('a restored sign-in reads everything anew', async () => {
    await using tested = await openTestApi()
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await resetPassword(tested.access, testing, 'admin')
    await page.getByRole('heading', { name: '登录' }).waitFor()
    await signIn(page, NEXT_PASSWORD)
    await page.getByRole('alert').filter({ hasText: '账号或口令不正确' }).waitFor()
    expect(tested.failures).toEqual([])
  })
})
