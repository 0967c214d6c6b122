import { mkdir } from 'node:fs/promises'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { insertMute } from '#collector/store/mutes.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { agentOf, epochOf } from '../support/collector-store.ts'
import { openOffice } from '../support/office.ts'
import { missing, openBrowser, openFirstPage } from './browser.ts'

const reason = missing()
if (reason !== undefined) console.log(`browser tests skipped: ${reason}`)
/** A folder for pictures; without it none are taken. */
const pictures = process.env['SHOUMI_PICTURES']

/** 720: 1440 at 200 %. */
const WIDTHS = [1920, 1440, 1366, 1024, 720, 390]

/** What axe finds wrong by WCAG 2.2, levels A and AA. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate<string[]>(`axe
    .run({ runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } })
    .then(({ violations }) =>
      violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary.slice(0, 300))))`)
}

/** A rule that is muted, and a message that was refused. */
async function addFaults({ store }: TestApi): Promise<void> {
  const now = Date.now()
  await store.write(async (tx) => {
    const about = { rule: 'unregistered-medium', endpoint_id: 1, reason: '窗口设备更换期间', actor_name: 'admin' }
    await insertMute(tx, { ...about, until_at: now + 86_400_000, made_at: now, lifted_at: null })
    const from = { agent: agentOf(2), peer: '10.8.3.22', epoch: epochOf(2), from_idx: 7 }
    const detail = 'the entries do not continue the log'
    await insertRefusal(tx, { ...from, at: now - 60_000, code: 'gap', detail, message: null })
  })
}

const sideways = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

describe.skipIf(reason !== undefined)('the console, looked at', () => {
  test('every page reflows at every width, and axe finds nothing', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await addFaults(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    if (pictures !== undefined) await mkdir(pictures, { recursive: true })
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    await rows.first().click()
    await page.getByRole('dialog').getByText('介质插入').waitFor()
    const incident = new URL(page.url()).searchParams.get('incident') ?? ''
    const found: string[] = []
    const wide: string[] = []
    for (const [name, path] of [
      ['first', '/'],
      ['endpoints', '/endpoints'],
      ['alerts', '/alerts'],
      ['mutes', '/mutes'],
      ['faults', '/faults'],
      ['incident', `/incidents/${incident}`],
      ['drawer', `/?incident=${incident}`],
    ] as const) {
      await page.goto(`${tested.api.url}${path}`)
      await page.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
      await page.locator('.list tbody td:not(.nothing), .timeline time').first().waitFor()
      found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`))
      for (const language of pictures === undefined ? ['zh'] : ['zh', 'en'])
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 })
          if (language === 'en' && width === WIDTHS[0])
            await page
              .getByRole('button', { name: 'English' })
              .click({ force: true })
              .catch(() => undefined)
          if ((await sideways(page)) > 0) wide.push(`${name} ${language} at ${width}: ${await sideways(page)} px`)
          if (pictures !== undefined)
            await page.screenshot({ path: `${pictures}/${name}-${language}-${width}.png`, fullPage: name !== 'drawer' })
        }
      if (pictures !== undefined) {
        await page.evaluate("localStorage.setItem('shoumi.language', 'zh')")
        await page.pdf({ path: `${pictures}/${name}.pdf`, format: 'A4' })
      }
    }
    expect(found).toEqual([])
    expect(wide).toEqual([])
  })

  test('every number opens the list that it counts', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    for (const [name, count] of [
      ['机要室 特别严重 2', 2],
      ['综合科 合计 1', 1],
      ['特别严重 红', 2],
    ] as const) {
      await page.getByRole('button', { name }).click()
      await expect.poll(() => rows.count()).toBe(count)
    }
    await page.getByRole('link', { name: '4', exact: true }).click()
    const endpoints = page.getByRole('table', { name: '终端' }).locator('tbody tr')
    await expect.poll(() => endpoints.count()).toBe(4)
    await page.goBack()
    await page.getByRole('link', { name: '/ 5' }).click()
    await expect.poll(() => endpoints.count()).toBe(5)
    await page.getByRole('searchbox').or(page.getByPlaceholder('搜索名称')).first().fill('王建国')
    await page.keyboard.press('Enter')
    await expect.poll(() => endpoints.count()).toBe(1)
    expect(await endpoints.innerText()).toContain('离线前')
    expect(new URL(page.url()).searchParams.get('q')).toBe('王建国')
  })

  test('an incident prints whole: nothing of its page or drawer is cut off', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row').first().click()
    const id = new URL(page.url()).searchParams.get('incident') ?? ''
    await page.emulateMedia({ media: 'print' })
    for (const path of [`/incidents/${id}`, `/?incident=${id}`]) {
      await page.goto(`${tested.api.url}${path}`)
      await page.locator('.timeline li').nth(7).waitFor()
      const last = await page.locator('.timeline li').last().boundingBox()
      const height = await page.evaluate<number>('document.documentElement.scrollHeight')
      expect(last && last.y + last.height).toBeLessThanOrEqual(height)
      expect(await page.locator('.head').isVisible()).toBe(false)
      if (pictures !== undefined)
        await page.screenshot({
          path: `${pictures}/print-${path.includes('?') ? 'drawer' : 'page'}.png`,
          fullPage: true,
        })
    }
  })

  test('the keyboard reaches the content by the first link, and opens a row', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.reload()
    const row = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row').first()
    await row.waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
    await row.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: '000004' }).waitFor()
  })

  test('what the first page loads is at most 300 KiB, and on a slow line something is there at once', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page, context } = opened
    const cdp = await context.newCDPSession(page)
    await cdp.send('Network.enable')
    await cdp.send('Network.clearBrowserCache')
    let bytes = 0
    cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 100,
      downloadThroughput: 50_000,
      uploadThroughput: 50_000,
    })
    const begun = Date.now()
    await page.goto(tested.api.url, { waitUntil: 'commit' })
    await page.getByText('正在读取').first().waitFor()
    const skeleton = Date.now() - begun
    await page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row').first().waitFor()
    console.log(
      `400 kbit/s: skeleton after ${skeleton} ms, rows after ${Date.now() - begun} ms, ${Math.round(bytes / 1024)} KiB`,
    )
    expect(skeleton).toBeLessThan(2_000)
    expect(bytes).toBeLessThan(300 * 1024)
  })

  test('the door says that the product is not certified, and axe finds nothing there', async () => {
    await using tested = await openTestApi()
    await using opened = await openBrowser(tested.api.url)
    await opened.page.getByRole('heading', { name: '登录' }).waitFor()
    await opened.page.getByText('尚未取得').waitFor()
    expect(await faults(opened.page)).toEqual([])
  })
})
