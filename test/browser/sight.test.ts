import { mkdir } from 'node:fs/promises'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { insertMute } from '#collector/store/mutes.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { CROWD_FILES, openBusyOffice } from '../support/busy-office.ts'
import { agentOf, epochOf } from '../support/collector-store.ts'
import { openOffice } from '../support/office.ts'
import { missing, openBrowser, openFirstPage } from './browser.ts'

const reason = missing()
if (reason !== undefined) console.log(`browser tests skipped: ${reason}`)
/** A folder for pictures; without it none are taken. */
const pictures = process.env['SHOUMI_PICTURES']

/** 720 and 683: 1440 and 1366 at 200 %. */
const WIDTHS = [1920, 1440, 1366, 1024, 720, 683, 390]

/** Run in the page, which speaks JavaScript. */
const styleOf = (selector: string, ...names: string[]): string =>
  `[...document.querySelectorAll('${selector}')].map((one) => ${JSON.stringify(names)}.map((name) => getComputedStyle(one)[name]).join(' '))`
/** What has the focus, where neither it nor what it stands in shows that by an outline. */
const OUTLINED = `(() => {
  const focused = document.activeElement
  const outlined = [focused, focused.closest('.ant-select, .ant-segmented-item, .ant-input-affix-wrapper')].some(
    (one) => one && getComputedStyle(one).outlineStyle !== 'none' && parseFloat(getComputedStyle(one).outlineWidth) > 0)
  return outlined || focused === document.body ? undefined : focused.outerHTML.slice(0, 120)
})()`
/** Texts that stand out of what holds them. */
const CUT_OFF = `[...document.querySelectorAll('.tile, .card, .mark, .list td, .notices li, .timeline li, .head, .nav')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1 && clientWidth > 0)
  .map((one) => one.className + ': ' + one.innerText.slice(0, 40))`

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

const cutOff = (page: Page): Promise<string[]> => page.evaluate<string[]>(CUT_OFF)

/** The id of the incident with that medium. */
async function anIncident(page: Page, words = '个人U盘'): Promise<string> {
  await page.getByRole('row', { name: words }).first().click()
  await page.getByRole('dialog').getByText('介质插入').first().waitFor()
  return new URL(page.url()).searchParams.get('incident') ?? ''
}

describe.skipIf(reason !== undefined)('the console, looked at', () => {
  test('every page reflows at every width and at 200 %, and axe finds nothing, in both languages', async () => {
    await using tested = await openTestApi()
    await openBusyOffice(tested)
    await addFaults(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    if (pictures !== undefined) await mkdir(pictures, { recursive: true })
    const incident = await anIncident(page)
    const wrong: string[] = []
    for (const language of ['zh', 'en'] as const) {
      await page.evaluate(`localStorage.setItem('shoumi.language', '${language}')`)
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
        await page.locator('.live-live').waitFor()
        await page.locator('.list tbody td:not(.nothing), .timeline time').first().waitFor()
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 })
          if ((await sideways(page)) > 0)
            wrong.push(`${name} ${language} at ${width}: ${await sideways(page)} px too wide`)
          for (const cut of await cutOff(page)) wrong.push(`${name} ${language} at ${width}: cut off: ${cut}`)
          if (pictures !== undefined)
            await page.screenshot({ path: `${pictures}/${name}-${language}-${width}.png`, fullPage: name !== 'drawer' })
          if (width === WIDTHS[0] || width === WIDTHS.at(-1))
            wrong.push(...(await faults(page)).map((fault) => `${name} ${language} at ${width}: ${fault}`))
        }
      }
    }
    expect(wrong).toEqual([])
  })

  test('with the colours that the system chooses, severities and the focus are still to be seen', async () => {
    await using tested = await openTestApi()
    await openBusyOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.emulateMedia({ forcedColors: 'active' })
    for (const severity of ['critical', 'high', 'moderate', 'low']) {
      const mark = `.list .severity-${severity}`
      expect(await page.locator(mark).first().innerText()).not.toBe('')
      const borders = await page.evaluate<string[]>(styleOf(mark, 'borderTopWidth', 'borderTopStyle'))
      expect(new Set(borders)).toEqual(new Set(['1px solid']))
    }
    const unseen: string[] = []
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press('Tab')
      const outlined = await page.evaluate<string | undefined>(OUTLINED)
      if (outlined !== undefined) unseen.push(outlined)
    }
    expect(unseen).toEqual([])
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

  test('an incident prints whole, each record once; on the screen a crowd of files is folded', async () => {
    await using tested = await openTestApi()
    await openBusyOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const id = await anIncident(page, '备份盘')
    const records = 2 + 3 * CROWD_FILES
    const entries = page.locator('.timeline li')
    const areDrawn = async (count: number) => {
      await entries.nth(count - 1).waitFor()
      expect(await entries.count()).toBe(count)
    }
    for (const path of [`/incidents/${id}`, `/?incident=${id}`]) {
      await page.goto(`${tested.api.url}${path}`)
      await areDrawn(3)
      await page.emulateMedia({ media: 'print' })
      await areDrawn(records)
      const places = await page.locator('.timeline .proof').allInnerTexts()
      expect(new Set(places).size).toBe(records)
      const last = await entries.last().boundingBox()
      const height = await page.evaluate<number>('document.documentElement.scrollHeight')
      expect(last && last.y + last.height).toBeLessThanOrEqual(height)
      expect(await page.locator('.head').isVisible()).toBe(false)
      await page.locator('.on-paper').filter({ hasText: '守密 · 保密自监管平台 · 本台信息密级' }).waitFor()
      const mark = styleOf('.timeline .severity-high', 'color', 'backgroundColor', 'borderTopWidth')
      expect(new Set(await page.evaluate<string[]>(mark))).toEqual(new Set(['rgb(0, 0, 0) rgb(255, 255, 255) 2px']))
      if (pictures !== undefined) {
        await page.screenshot({
          path: `${pictures}/print-${path.includes('?') ? 'drawer' : 'page'}.png`,
          fullPage: true,
        })
        await page.pdf({ path: `${pictures}/print.pdf`, format: 'A4' })
      }
      await page.emulateMedia({ media: 'screen' })
      await page.locator('.timeline .crowd').waitFor()
      await areDrawn(3)
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
