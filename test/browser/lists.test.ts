import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { insertRefusal } from '#collector/store/refusals.ts'
import { openTestApi } from '../support/api.ts'
import { auditOf } from '../support/audit.ts'
import { addEndpoint, agentOf, batchOf, epochOf } from '../support/collector-store.ts'
import { event } from '../support/events.ts'
import { openOffice } from '../support/office.ts'
import { missing, openFirstPage } from './browser.ts'

const reason = missing()
if (reason !== undefined) console.log(`browser tests skipped: ${reason}`)

const rowsOf = (page: Page, region: string) => page.getByRole('region', { name: region }).locator('tbody tr')
const feedOf = (page: Page) => page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
const numbersIn = async (page: Page): Promise<string[]> =>
  (await feedOf(page).allInnerTexts()).map((text) => /编号 (\d{6})/.exec(text)?.[1] ?? '')

/** What the browser saved, as cells; no cell has a quote or a line break. */
async function saved(page: Page, button: string): Promise<{ name: string; rows: string[][] }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  const text = await readFile(await download.path(), 'utf8')
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\r\n')
  return { name: download.suggestedFilename(), rows: lines.map((line) => line.slice(1, -1).split('","')) }
}

describe.skipIf(reason !== undefined)('lists', () => {
  test('search, period, order and filters stand in the address, survive a reload, and the file has the same rows', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await expect.poll(() => feedOf(page).count()).toBe(4)
    const search = page.getByPlaceholder('编号、终端、责任人、序列号')
    for (const [words, count] of [
      ['机要-01', 1],
      ['孙丽', 1],
      ['4c5300012309', 1],
      ['52:54:00', 1],
      ['没有这台', 0],
    ] as const) {
      await search.fill(words)
      await search.press('Enter')
      await expect.poll(() => feedOf(page).count()).toBe(count)
    }
    await page.getByText('没有符合条件的记录').waitFor()
    await page.getByRole('button', { name: '清除筛选' }).click()
    const today = await page.evaluate<string>("new Date().toLocaleDateString('sv-SE')")
    await page.getByLabel('截止日期').fill('2020-01-01')
    await expect.poll(() => feedOf(page).count()).toBe(0)
    await page.getByLabel('起始日期').fill('2020-01-01')
    await page.getByLabel('截止日期').fill(today)
    await expect.poll(() => feedOf(page).count()).toBe(4)
    await page.getByRole('button', { name: '严重程度' }).first().click()
    await page.getByRole('columnheader', { name: '严重程度' }).and(page.locator('[aria-sort=descending]')).waitFor()
    await search.fill('0')
    await search.press('Enter')
    await expect.poll(() => numbersIn(page)).toEqual(['000002', '000003', '000004', '000001'])

    await page.reload()
    await feedOf(page).first().waitFor()
    await expect.poll(() => numbersIn(page)).toEqual(['000002', '000003', '000004', '000001'])
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      q: '0',
      from: '2020-01-01',
      to: today,
      sort: 'worst',
    })
    const { name, rows } = await saved(page, '导出表格')
    expect(name).toBe(`违规事件-${today}.csv`)
    expect(rows[0]?.slice(0, 2)).toEqual(['编号', '发生时间 (Asia/Shanghai)'])
    expect(rows.slice(1).map(([number]) => number)).toEqual(await numbersIn(page))
    const shown = await feedOf(page).first().innerText()
    for (const cell of [rows[1]?.[1]?.slice(11), rows[1]?.[6], rows[1]?.[8]]) expect(shown).toContain(cell)
    expect((await auditOf(tested.store)).at(-1)).toMatchObject({
      act: 'incident.export',
      actor: { name: 'admin' },
      count: 4,
    })
    expect(opened.complaints).toEqual([])
  })

  test('a rule is muted from an incident, listed with who and why, and ended', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await feedOf(page).first().click()
    await page.getByRole('button', { name: '暂停告警' }).click()
    const dialog = page.getByRole('dialog', { name: '暂停告警' })
    await dialog.getByLabel('理由').fill('窗口设备更换期间')
    await dialog.getByLabel('暂停至').fill('2020-01-01')
    await dialog.getByRole('button', { name: '暂停告警' }).click()
    await dialog.getByText('日期须在今天之后').waitFor()
    const tomorrow = await page.evaluate<string>("new Date(Date.now() + 86400000).toLocaleDateString('sv-SE')")
    await dialog.getByLabel('暂停至').fill(tomorrow)
    await dialog.getByRole('button', { name: '暂停告警' }).click()
    await page.getByRole('link', { name: '查看暂停告警' }).click()
    const rows = rowsOf(page, '暂停告警')
    await rows.getByText('窗口设备更换期间').waitFor()
    const row = await rows.first().innerText()
    for (const words of ['使用未登记的移动存储介质', '窗口-03', '政务服务窗口', 'admin', `${tomorrow} 23:59:59`])
      expect(row).toContain(words)
    await page.getByRole('button', { name: '恢复告警' }).click()
    await page.getByText('没有暂停告警的规则').waitFor()
    const trail = (await auditOf(tested.store)).filter(({ act }) => act.startsWith('rule.'))
    expect(trail).toMatchObject([{ act: 'rule.mute', reason: '窗口设备更换期间' }, { act: 'rule.unmute' }])
  })

  test('every number of the notices opens the list that it counts; the level at the head is the collector’s', async () => {
    await using tested = await openTestApi({ level: 'secret' })
    await openOffice(tested)
    const agent = { id: await addEndpoint(tested.store, 6), agent: agentOf(6) }
    const started = event('agent.started', 0, { detail: { version: '0', host: 'pc-6', platform: 'linux' } })
    const line = Buffer.from('{"kind":"of.another-day"}')
    const odd = { state: 'quarantined', line, reason: 'unknown kind' } as const
    const log = { epoch: epochOf(6), receivedAt: Date.now() }
    await tested.commit(batchOf(agent, [odd, odd, odd], log))
    for (const n of [7, 8])
      await tested.commit(batchOf(agent, [started], { epoch: epochOf(n), previous: { epoch: epochOf(6), size: 9 } }))
    const refused = { agent: agent.agent, peer: '10.0.0.9', epoch: null, from_idx: null, code: 'gap', detail: 'x' }
    await tested.store.write(async (tx) => {
      for (let n = 0; n < 5; n++) await insertRefusal(tx, { ...refused, at: Date.now() - n, message: null })
      await insertRefusal(tx, { ...refused, at: Date.now() - 2 * 86_400_000, message: null })
    })
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.getByRole('banner').getByText('本台信息密级：机密').waitFor()
    await page.getByText('尚未取得国家保密科技测评中心检测证书').waitFor()
    const notices = page.getByRole('list', { name: '提示' }).getByRole('link')
    await page.getByRole('link', { name: '近 24 小时拒收' }).waitFor()
    const names = await notices.allInnerTexts()
    expect(names.length).toBeGreaterThanOrEqual(5)
    for (const name of names) {
      await page.getByRole('link', { name, exact: true }).click()
      const [, count = ''] = /(\d+) [条个]/.exec(name.replace('近 24 小时', '')) ?? []
      const list = page.locator('main > section .list tbody tr:not(:has(.nothing))')
      await expect.poll(async () => [name, await list.count()]).toEqual([name, Number(count)])
      await page.goBack()
      await page.getByRole('link', { name: '近 24 小时拒收' }).waitFor()
    }
    expect(opened.complaints).toEqual([])
  })

  test('the timeline keeps its search and its order in the address, and is exported whole', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await feedOf(page).nth(1).click()
    await page.getByRole('dialog').getByText('介质插入').waitFor()
    await page.getByPlaceholder('搜索时间线').fill('会议纪要')
    await page.keyboard.press('Enter')
    await page.getByText('找到 3 条记录').waitFor()
    await page.reload()
    await page.getByText('找到 3 条记录').waitFor()
    const { rows } = await saved(page, '导出全部记录')
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.filter((row) => row.join().includes('会议纪要'))).toHaveLength(3)
    expect((await auditOf(tested.store)).at(-1)).toMatchObject({ act: 'timeline.export', count: rows.length - 1 })
  })
})
