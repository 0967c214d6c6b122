import { mkdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { resetPassword } from '#collector/access/accounts.ts'
import { collectorActs } from '#collector/incidents/workflow/collector-acts.ts'
import { hostileNames } from '../fixtures/hostile-names.ts'
import { openTestApi, testing } from '../support/api.ts'
import { addEndpoint, agentOf, batchOf } from '../support/collector-store.ts'
import { verdict } from '../support/events.ts'
import { episodeOf, openOffice, stayOf } from '../support/office.ts'
import { changePassword, missing, openBrowser, openFirstPage, signIn } from './browser.ts'

/** Formats: direction, zero width, tags; and all controls but those that lines are made of. */
const UNSEEN = /\p{Cf}|(?![\n\t])\p{Cc}/u

const reason = missing()
if (reason !== undefined) console.log(`browser tests skipped: ${reason}`)
/** A folder for pictures; without it none are taken. */
const pictures = process.env['SHOUMI_PICTURES']

describe.skipIf(reason !== undefined)('the console', () => {
  test('keeps out wrong passwords, and lets nobody on before the one-time password is changed', async () => {
    await using tested = await openTestApi()
    await using opened = await openBrowser(tested.api.url)
    const { page } = opened
    await signIn(page, 'wrong')
    await page.getByRole('alert').filter({ hasText: '账号或口令不正确' }).waitFor()
    await signIn(page, tested.password)
    await page.getByRole('heading', { name: '修改一次性口令' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: '修改一次性口令' }).waitFor()
    await page.getByLabel('新口令', { exact: true }).fill('short')
    await page.getByText('至少 12 个字符，不得与当前口令相同').nth(1).waitFor()
    await changePassword(page, tested.password)
    await page.getByRole('heading', { name: '违规事件动态' }).waitFor()
    await page.getByText('当前为初始账号').waitFor()
    await page.getByText('没有违规事件').waitFor()
    expect(opened.complaints).toEqual([])
  })

  test('a row says who, which machine, what medium or network, what left and which clause, in both languages', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    await expect.poll(() => rows.count()).toBe(4)
    const stay = await rows.nth(1).innerText() // it arrived late, and so after the episode

    for (const words of ['特别严重', '延迟上传', '机要-01', '机密', '机要室', '责任人', '王建国', '个人U盘', '未登记'])
      expect(stay).toContain(words)
    for (const words of [
      'SanDisk Cruzer Blade',
      '序列号',
      '4C530001230912',
      '2026年第三季度涉密人员名单.docx',
      '48.6 KB',
    ])
      expect(stay).toContain(words)
    for (const words of ['另有 2 个文件', '《行政单位保密管理制度》第八条(二)', '待核查', '行为已停止', '介质已拔出'])
      expect(stay).toContain(words)
    const episode = await rows.nth(2).innerText()
    for (const words of ['enx525400123456', '192.168.43.17/24', '经网关', '192.168.43.1', '涉密计算机违规外联'])
      expect(episode).toContain(words)
    await page.getByText('4 条告警尚未发出').waitFor()
    await page.getByText('尚未配置邮件服务器').waitFor()
    expect(await page.getByRole('button', { name: /特别严重 红/ }).innerText()).toMatch(/^2\s/)
    expect(
      await page
        .getByRole('row', { name: /^机要室/ })
        .first()
        .innerText(),
    ).toMatch(/机要室\s+2\s+0\s+0\s+0\s+2/)
    if (pictures !== undefined) await mkdir(pictures, { recursive: true })
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/console-zh.png` })

    await page.getByRole('button', { name: 'English' }).click()
    const english = await page.getByRole('region', { name: 'Incident feed' }).locator('tbody tr.row').nth(1).innerText()
    for (const words of ['Received late', 'Secret', 'Responsible:', 'Unregistered', 'Serial', 'and 2 more files'])
      expect(english).toContain(words)
    await page.reload()
    await page.getByRole('heading', { name: 'Incident feed' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en-GB')
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/console-en.png` })
    expect(opened.complaints).toEqual([])
  })

  test('what happens shows without a reload: a new row, a file more, counts, an endpoint; and after a break too', async () => {
    await using tested = await openTestApi()
    const endpoint = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.getByText('没有违规事件').waitFor()
    const stay = { plug: 1, agoMs: 5_000, medium: { label: '现场U盘' }, verdicts: [verdict()] }
    const one = stayOf({ ...stay, files: [['甲.docx', 100]] })
    await tested.commit(batchOf(endpoint, one.slice(0, 2)))
    const row = page.getByRole('row', { name: '现场U盘' })
    await row.waitFor()
    await row.getByText('未发现文件拷出').waitFor()
    await page.getByRole('button', { name: /^1 严重/ }).waitFor()
    const { log, ...batch } = batchOf(endpoint, one)
    await tested.commit({ ...batch, log: { ...log, from: 2 }, entries: batch.entries.slice(2) })
    await row.getByText('甲.docx').waitFor()

    await tested.stop()
    await page.getByRole('status').filter({ hasText: '正在重新连接' }).waitFor()
    await tested.commit(batchOf(endpoint, episodeOf(1_000, false), { epoch: '99999999-2222-4222-8222-222222222222' }))
    await tested.startAgain()
    await page.getByRole('button', { name: /起新事件/ }).click()
    await page.getByRole('row', { name: 'enx525400123456' }).waitFor()
    await page.getByRole('status').filter({ hasText: '实时更新' }).waitFor()
    expect(tested.failures).toEqual([])
  })

  test('a row opens the timeline; the address bar keeps it, and the filters', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    await page.getByRole('button', { name: /特别严重 红/ }).click()
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    await expect.poll(() => rows.count()).toBe(2)
    await rows.nth(0).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('涉密文件、资料不得擅自复制、传播、传递,需经单位负责人批准。').waitFor()
    const entries = dialog.getByRole('list').last().getByRole('listitem')
    await expect.poll(() => entries.count()).toBe(14)
    const texts = await entries.allInnerTexts()
    expect(texts[0]).toContain('介质插入')
    expect(texts.join()).toContain('ab12ab12')
    expect(texts.at(-2)).toMatch(
      /文件拷贝中断[^]*延迟上传 45 分[^]*督查台帐-全年汇总\.xlsx[^]*介质已拔出[^]*22222222 \/ 12/,
    )
    expect(page.url()).toContain('severity=critical')
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/incident-zh.png` })
    await page.reload()
    await page.getByRole('dialog', { name: '000002' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => rows.count()).toBe(2)
    await page.getByRole('button', { name: '清除筛选' }).click()
    await expect.poll(() => rows.count()).toBe(4)
    expect(opened.complaints).toEqual([])
  })

  test('the list is in the order of arrival, or in that of time', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    const numbers = async () => (await rows.allInnerTexts()).map((text) => Number(/编号 (\d+)/.exec(text)?.[1]))
    await expect.poll(numbers).toEqual([4, 2, 3, 1])
    await page.getByText('按发生时间').click()
    await expect.poll(numbers).toEqual([4, 3, 2, 1])
    expect(page.url()).toContain('order=happened')
    expect(opened.complaints).toEqual([])
  })

  test('an incident is acknowledged and found to be a false alarm; whoever is second is told', async () => {
    await using tested = await openTestApi()
    await openOffice(tested)
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const row = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row').first()
    await row.click()
    const drawer = page.getByRole('dialog', { name: '000004' })
    await drawer.getByRole('button', { name: /^确\s?认$/ }).click()
    await drawer.getByText('已确认').waitFor()
    await row.getByText('已确认').waitFor() // by now the feed has told it, and the page reads it no more
    await drawer.getByRole('button', { name: '判定误报' }).click()
    const reasons = page.getByRole('dialog', { name: '判定误报' })
    expect(await reasons.getByRole('button', { name: '判定误报' }).isDisabled()).toBe(true)
    await reasons.getByLabel('理由').fill('已核对，为本单位公用介质。')
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/reason-zh.png` })
    await tested.store.write((tx) => collectorActs(tx, [{ incident: 4, kind: 'raised', at: Date.now() }]))
    await reasons.getByRole('button', { name: '判定误报' }).click()
    await reasons.getByRole('alert').filter({ hasText: '其他人已先行办理' }).waitFor()
    await reasons.getByText('严重程度升高').waitFor()
    await expect.poll(() => drawer.getByText('严重程度升高').count()).toBe(1)
    await reasons.getByRole('button', { name: '判定误报' }).click()
    await drawer.getByText('误报', { exact: true }).waitFor()
    await drawer.getByText('已核对，为本单位公用介质。').waitFor()
    await row.getByText('误报').waitFor()
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/actions-zh.png` })
    expect(tested.failures).toEqual([])
  })

  test('hostile names are shown unharmed and do no harm', async () => {
    await using tested = await openTestApi()
    const names = hostileNames.map(({ name }) => name.slice(0, 250))
    for (const [index, name] of names.entries()) {
      const n = index + 1
      const id = await addEndpoint(tested.store, 1, {
        agent: `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`,
        name,
        responsible: name,
        department: index % 9 === 0 ? name : '综合科',
      })
      const files = [[name.replaceAll('\0', ' '), n]] as const
      const stay = stayOf({
        plug: n,
        agoMs: 60_000 + n,
        medium: { label: name, usbSerial: name },
        verdicts: [verdict()],
        files,
      })
      await tested.commit(
        batchOf({ id, agent: agentOf(1) }, stay, {
          epoch: `${String(n).padStart(8, '0')}-2222-4222-8222-222222222222`,
        }),
      )
    }
    await using opened = await openFirstPage(tested)
    const { page } = opened
    const rows = page.getByRole('region', { name: '违规事件动态' }).locator('tbody tr.row')
    await expect.poll(() => rows.count()).toBe(names.length)
    const shown = await page.locator('body').innerHTML()
    expect(shown).toContain('\\u202E')
    expect(shown).not.toMatch(UNSEEN)
    expect(await page.locator('img, script[src=""], b').count()).toBe(0)
    const widths = await rows.evaluateAll((all) => all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
    expect(Math.max(...widths)).toBe(0)
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/hostile.png`, fullPage: true })
    await rows.first().click()
    await page.getByRole('dialog').getByText('介质插入').waitFor()
    expect(await page.getByRole('dialog').innerHTML()).not.toMatch(UNSEEN)
    expect(opened.complaints).toEqual([])
  })

  test('a session that ends shows the door', async () => {
    await using tested = await openTestApi()
    await using opened = await openFirstPage(tested)
    await resetPassword(tested.access, testing, 'admin')
    await opened.page.getByRole('button', { name: '账号' }).click()
    await opened.page.getByText('退出登录').click()
    await opened.page.getByRole('heading', { name: '登录' }).waitFor()
    expect(tested.failures).toEqual([])
  })
})
