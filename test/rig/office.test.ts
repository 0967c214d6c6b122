import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event, Incident } from './api.ts'
import { startAgent } from './guest-agent.ts'
import type { Running } from './guest-shell.ts'
import type { Image } from './image.ts'
import { openLegs } from './latency.ts'
import { overflow } from './overflow.ts'
import { RigUnavailable } from './packages.ts'
import { makeStick, type Stick } from './stick.ts'
import { until } from './until.ts'
import { diskOf, incident, kindsOf, ofMedium, prepareRig, startWhole, type Whole } from './whole.ts'

const prepared = await prepareRig()
const mac = '52:54:00:00:0a:01'
const register = `
endpoints:
  - { host: OFFICE-01, macs: ['${mac}'], name: 办公机一号, level: internal, networkKind: intranet, department: 综合科, responsible: 张三, allowedNetworks: [10.0.9.0/24] }
media:
  - { id: GW-007, level: internal, identity: { usbSerial: SNREG007 } }
approvals:
  - { id: SP-1, for: medium, endpoint: OFFICE-01, medium: { id: GW-007 }, allows: [use, copy], approvedBy: [王五], from: '2026-01-01T00:00:00.000+08:00', to: '2099-01-01T00:00:00.000+08:00' }
`
const hostile = {
  label: '<b>\n\u202Ex',
  names: ['<img src=x onerror=alert(1)>.txt', 'two\nlines', 'slip\u202Egpj.exe', `${'密'.repeat(84)}end`],
}

describe.skipIf(prepared instanceof RigUnavailable)('an office machine', () => {
  const parts = new AsyncDisposableStack()
  const legs = openLegs()
  let whole: Whole
  let agent: Running
  let environment: Record<string, string>
  const present = { serial: 'SNBOOT01', label: 'ATBOOT' }

  beforeAll(async () => {
    const plugged = async (folder: string): Promise<Stick[]> => [
      await makeStick(folder, { name: 'boot', serial: present.serial, fs: 'vfat', label: present.label, sizeMiB: 32 }),
    ]
    whole = parts.use(await startWhole(prepared as Image, { name: 'OFFICE-01', mac, register, plugged }))
    environment = await whole.collector.token('综合科', 'internal')
    agent = await startAgent(whole.machine, environment)
  })
  afterAll(async () => {
    legs.print()
    await parts.disposeAsync()
  })

  const agentId = async (): Promise<string> => (await whole.collector.api.endpoints())[0]?.agent ?? ''
  const stored = async (): Promise<Event[]> => whole.collector.api.events(await agentId())

  /** Plugs and mounts a stick under `/media/<name>`; the folder. */
  async function insert(stick: Stick, name: string, options = '-o utf8'): Promise<string> {
    await whole.machine.plug(stick)
    const disk = await diskOf(whole.machine, stick.serial)
    const at = `/media/${name}`
    await whole.machine.must(`mkdir -p ${at} && mount ${options} /dev/${disk} ${at}`)
    return at
  }

  test('a stick that was in before the agent was enrolled is an incident once it is', async () => {
    const { api } = whole.collector
    await until('the endpoint to be enrolled', 120_000, async () => (await api.endpoints()).length > 0)
    const found = await incident(api, 'the stick present at boot', ofMedium({ usbSerial: present.serial }))
    expect(found).toMatchObject({
      kind: 'stay',
      severity: 'high',
      endpoint: { name: '办公机一号', department: '综合科' },
    })
    expect(found.rules[0]?.clause).toMatchObject({ id: 'mb-4.2-5' })
    const timeline = await api.timeline(found.id)
    expect(timeline.every((event) => event.found === 'present')).toBe(true)
    const [endpoint] = await api.endpoints()
    expect(endpoint?.status).toBe('confirmed')
  })

  test('a stick is pulled while a file is being copied to it: one incident, the last copy interrupted', async () => {
    const { machine, collector, folder } = whole
    const size = 24 * 1024 * 1024
    const stick = await makeStick(folder, {
      name: 'slow',
      serial: 'SN0001AB',
      fs: 'vfat',
      label: 'STICK',
      fsId: '1a2b3c4d',
      sizeMiB: 64,
      writeBytesPerSecond: 1_000_000,
    })
    const pluggedAt = Date.now()
    const at = await insert(stick, 'stick')
    await machine.must(`echo 名单 > ${at}/名单.txt && sync`)
    const isStick = ofMedium({ usbSerial: 'SN0001AB' })
    await incident(collector.api, 'the first copy', isStick, ({ files }) => files?.copied === 1)
    await machine.must(`head -c ${size} /dev/urandom > /srv/big.bin`)
    await machine.background(`exec cp /srv/big.bin ${at}/大文件.bin`)
    const partial = await until('the copy to be under way and seen', 30_000, async () => {
      const bytes = Number(await machine.must(`stat -c %s ${at}/大文件.bin`))
      const seen = (await stored()).some(
        ({ kind, file }) => kind === 'file.copy-started' && file?.path.endsWith('大文件.bin'),
      )
      return bytes > 0 && seen && bytes
    })
    expect(partial).toBeLessThan(size)
    await machine.unplug(stick)
    const isWhole = ({ endedAt, files }: Incident): boolean => endedAt !== undefined && files?.interrupted === 1
    const ended = await incident(collector.api, 'the stay to end, a copy broken off', isStick, isWhole)
    expect(ended).toMatchObject({
      severity: 'high',
      endedBy: 'removed',
      medium: { label: 'STICK', status: 'unregistered', fsUuid: '1A2B-3C4D' },
      files: { copied: 1, interrupted: 1 },
    })
    expect((await collector.api.incidents()).filter(isStick)).toHaveLength(1)
    const timeline = await collector.api.timeline(ended.id)
    const kinds = kindsOf(timeline)
    for (const kind of [
      'medium.connected',
      'medium.mounted',
      'file.copied',
      'file.identified',
      'file.copy-interrupted',
      'medium.unmounted',
      'medium.removed',
    ])
      expect(kinds).toContain(kind)
    const broken = timeline.find(({ kind }) => kind === 'file.copy-interrupted')
    expect(broken).toMatchObject({ reason: 'removed', file: { path: `${at}/大文件.bin` } })
    expect(broken?.file?.sizeBytes).toBeGreaterThan(0)
    expect(broken?.file?.sizeBytes).toBeLessThan(size)
    const copied = timeline.find(({ kind }) => kind === 'file.copied')
    expect(copied?.file).toMatchObject({ path: `${at}/名单.txt`, sizeBytes: 7 })
    const identified = timeline.find(({ kind }) => kind === 'file.identified')
    expect(identified).toMatchObject({ file: { copy: copied?.file?.copy } })
    expect(identified?.sha256).toMatch(/^[0-9a-f]{64}$/)
    const connected = timeline.find(({ kind }) => kind === 'medium.connected')
    legs.add('plugged (QMP) → the agent’s stamp', (connected?.at ?? NaN) - pluggedAt)
    legs.add('the agent’s stamp → received', (connected?.receivedAt ?? NaN) - (connected?.at ?? NaN))
  })

  test('two sticks at one time are two incidents, each with its own file', async () => {
    const { machine, collector, folder } = whole
    const sticks = await Promise.all(
      ['SNTWO1', 'SNTWO2'].map((serial) =>
        makeStick(folder, { name: serial, serial, fs: 'vfat', label: serial, sizeMiB: 32 }),
      ),
    )
    for (const stick of sticks) await machine.must(`echo 甲 > ${await insert(stick, stick.serial)}/${stick.serial}.txt`)
    for (const { serial } of sticks) {
      const found = await incident(
        collector.api,
        `the copy to ${serial}`,
        ofMedium({ usbSerial: serial }),
        ({ files }) => files?.copied === 1,
      )
      expect(found.files?.first.map(({ path }) => path)).toEqual([`/media/${serial}/${serial}.txt`])
    }
    for (const stick of sticks) {
      await machine.must(`umount /media/${stick.serial}`)
      await machine.unplug(stick)
      await incident(
        collector.api,
        `${stick.serial} to be out`,
        ofMedium({ usbSerial: stick.serial }),
        ({ endedBy }) => endedBy === 'removed',
      )
    }
  })

  test('a stick without a serial is an incident, and recognised as no other', async () => {
    const { machine, collector, folder } = whole
    const before = (await collector.api.incidents()).map(({ id }) => id)
    const stick = await makeStick(folder, { name: 'nameless', serial: '', fs: 'vfat', label: 'NAMELESS', sizeMiB: 32 })
    await machine.plug(stick)
    const isNew = ({ id }: { id: string }): boolean => !before.includes(id)
    const found = await incident(collector.api, 'the stick without serial', isNew)
    expect(found.medium?.usbSerial).toBeUndefined()
    expect(found.medium).toMatchObject({ status: 'unregistered' })
    await machine.unplug(stick)
    await incident(
      collector.api,
      'it to be out',
      ({ id }) => id === found.id,
      ({ endedBy }) => endedBy === 'removed',
    )
  })

  test('a hostile label and hostile names are shown and mailed unharmed', async () => {
    const { machine, collector, folder, mail } = whole
    const stick = await makeStick(folder, {
      name: 'hostile',
      serial: 'SNEVIL',
      fs: 'ext4',
      label: hostile.label,
      sizeMiB: 32,
    })
    const at = await insert(stick, 'hostile', '')
    const write = `python3 -c 'import sys; open("${at}/" + sys.stdin.read(), "w").write("x")'`
    for (const name of hostile.names) await machine.must(write, { input: name })
    const found = await incident(
      collector.api,
      'all hostile names',
      ofMedium({ usbSerial: 'SNEVIL' }),
      ({ files }) => files?.copied === hostile.names.length,
    )
    expect(found.files?.first.map(({ path }) => path).toSorted()).toEqual(
      hostile.names.map((name) => `${at}/${name}`).toSorted(),
    )
    expect(found.medium?.label).toBe(hostile.label)
    await machine.must(`umount ${at}`)
    await machine.unplug(stick)
    const told = await until('the mail that names them', 40_000, () =>
      mail.mails.find(({ to, mail: { text } }) => to.includes('secrecy@office.test') && text?.includes('slip')),
    )
    expect(told.mail.text).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
    expect(told.mail.html || '').not.toContain('<img src=x')
    expect(told.mail.subject).not.toMatch(/[\r\n\u202E]/)
  })

  test('a keyboard is no event', async () => {
    const { machine, collector, folder } = whole
    const before = await stored()
    await machine.plug({ kind: 'keyboard' })
    await until(
      'the keyboard in the guest',
      20_000,
      async () => (await machine.sh('grep -il keyboard /sys/bus/usb/devices/*/product')).code === 0,
    )
    // What comes after it has been heard: so the keyboard would have been heard as well.
    const stick = await makeStick(folder, { name: 'after', serial: 'SNAFTER', fs: 'vfat', label: 'AFTER', sizeMiB: 32 })
    await machine.plug(stick)
    await incident(collector.api, 'the stick after the keyboard', ofMedium({ usbSerial: 'SNAFTER' }))
    await machine.unplug(stick)
    await incident(
      collector.api,
      'it to be out',
      ofMedium({ usbSerial: 'SNAFTER' }),
      ({ endedAt }) => endedAt !== undefined,
    )
    const since = (await stored()).slice(before.length)
    expect(since.filter(({ kind, medium }) => kind.startsWith('medium.') && medium?.serial !== 'SNAFTER')).toEqual([])
  })

  test('a registered and approved stick is noted, and no incident', async () => {
    const { machine, collector, folder } = whole
    const before = (await collector.api.incidents()).length
    const stick = await makeStick(folder, {
      name: 'registered',
      serial: 'SNREG007',
      fs: 'vfat',
      label: 'GW007',
      sizeMiB: 32,
    })
    const at = await insert(stick, 'registered')
    await machine.must(`echo 乙 > ${at}/通知.txt && sync`)
    const copied = await until('the copy to be stored', 30_000, async () =>
      (await stored()).find(({ kind, file }) => kind === 'file.copied' && file?.path === `${at}/通知.txt`),
    )
    expect(copied).toMatchObject({ medium: { status: 'registered' } })
    await machine.must(`umount ${at}`)
    await machine.unplug(stick)
    await until('its removal to be stored', 30_000, async () =>
      (await stored()).some(({ kind, medium }) => kind === 'medium.removed' && medium?.serial === 'SNREG007'),
    )
    expect(
      (await stored()).filter(({ medium, severity }) => medium?.serial === 'SNREG007' && severity !== undefined),
    ).toEqual([])
    expect(await collector.api.incidents()).toHaveLength(before)
  })

  test('a notification that was lost is found by looking, and the gap is on record', async () => {
    const { machine, collector, folder } = whole
    const stick = await makeStick(folder, { name: 'unheard', serial: 'SNLOST', fs: 'vfat', label: 'LOST', sizeMiB: 32 })
    await overflow(machine, agent.pid, 'uevent', async () => {
      await machine.plug(stick)
      await diskOf(machine, 'SNLOST')
    })
    const found = await incident(collector.api, 'the stick nobody heard of', ofMedium({ usbSerial: 'SNLOST' }))
    const timeline = await collector.api.timeline(found.id)
    expect(timeline[0]).toMatchObject({ kind: 'medium.connected', found: 'reconciled' })
    const gaps = (await stored()).filter(({ kind, reason }) => kind === 'agent.gap' && reason === 'notifications-lost')
    expect(gaps.length).toBeGreaterThan(0)
    await machine.unplug(stick)
    await incident(
      collector.api,
      'it to be out',
      ofMedium({ usbSerial: 'SNLOST' }),
      ({ endedBy }) => endedBy === 'removed',
    )
  })

  test('the agent killed and started again: everything once, the same plug, a second epoch that names the first', async () => {
    const { machine, collector, folder } = whole
    const stick = await makeStick(folder, {
      name: 'killed',
      serial: 'SNKILL',
      fs: 'vfat',
      label: 'KILLED',
      sizeMiB: 32,
    })
    const at = await insert(stick, 'killed')
    await machine.must(`echo 一 > ${at}/一.txt && sync`)
    const isStick = ofMedium({ usbSerial: 'SNKILL' })
    const before = await incident(collector.api, 'the first copy', isStick, ({ files }) => files?.copied === 1)
    const epochs = new Set((await stored()).map(({ epoch }) => epoch))
    await machine.must(`kill -9 ${agent.pid}`)
    await machine.must(`echo 二 > ${at}/二.txt && sync`)
    agent = await startAgent(machine, environment)
    const after = await incident(collector.api, 'the second copy', isStick, ({ files }) => (files?.copied ?? 0) >= 2)
    expect(after.id).toBe(before.id)
    expect(after.files?.first.map(({ path }) => path)).toContain(`${at}/二.txt`)
    expect((await collector.api.incidents()).filter(isStick)).toHaveLength(1)
    const events = await stored()
    const places = events.map(({ epoch, index }) => `${epoch}/${index}`)
    expect(new Set(places).size).toBe(places.length)
    const [second, ...more] = [...new Set(events.map(({ epoch }) => epoch))].filter((epoch) => !epochs.has(epoch))
    expect(more).toEqual([])
    const started = events.find(({ epoch, index }) => epoch === second && index === 0)
    expect(started).toMatchObject({ kind: 'agent.started', previous: { ended: 'unclean' } })
    expect([...epochs]).toContain(started?.previous?.epoch)
    const held = events.filter(({ epoch }) => epoch === started?.previous?.epoch).length
    expect(started?.previous?.size).toBe(held)
    for (const epoch of epochs) {
      const indexes = events.filter((event) => event.epoch === epoch).map(({ index }) => index)
      expect(indexes).toEqual(indexes.map((_, place) => place))
    }
    await machine.must(`umount ${at}`)
    await machine.unplug(stick)
    await incident(collector.api, 'it to be out', isStick, ({ endedBy }) => endedBy === 'removed')
  })

  test('a stick used while the collector is down is one incident with the true times, received late', async () => {
    const { machine, collector, folder } = whole
    const stick = await makeStick(folder, {
      name: 'offline',
      serial: 'SNOFF',
      fs: 'vfat',
      label: 'OFFLINE',
      sizeMiB: 32,
    })
    await collector.stop()
    const from = Date.now()
    const at = await insert(stick, 'offline')
    await machine.must(`echo 三 > ${at}/三.txt && sync`)
    await until(
      'the copy to have come to rest',
      30_000,
      async () => (await machine.sh(`[ $(( $(date +%s) - $(stat -c %Y ${at}/三.txt) )) -gt 4 ]`)).code === 0,
    )
    await machine.must(`umount ${at}`)
    await machine.unplug(stick)
    const to = Date.now()
    await pause(Math.max(0, from + 75_000 - Date.now())) // late is more than 60 s: the time itself is what this case is about
    await collector.start()
    const isStick = ofMedium({ usbSerial: 'SNOFF' })
    const found = await until('the incident after the collector is back', 90_000, async () => {
      const all = (await collector.api.incidents()).filter(isStick)
      return all.length > 0 && all[0]?.endedAt !== undefined && all
    })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ receivedLate: true, endedBy: 'removed', files: { copied: 1 } })
    const slack = 2000 // trusted time is good to a second
    for (const { at: time, receivedLate } of await collector.api.timeline(found[0]?.id ?? '')) {
      expect(time).toBeGreaterThanOrEqual(from - slack)
      expect(time).toBeLessThanOrEqual(to + slack)
      expect(typeof receivedLate).toBe('boolean')
    }
  })

  test('latency of each leg, over ten sticks', async () => {
    const { machine, collector, folder, mail } = whole
    const { api } = collector
    for (let round = 0; round < 10; round++) {
      const serial = `SNLEG${round}`
      const stick = await makeStick(folder, { name: serial, serial, fs: 'vfat', label: serial, sizeMiB: 32 })
      const pluggedAt = Date.now()
      await machine.plug(stick)
      const found = await incident(api, `the incident of ${serial}`, ofMedium({ usbSerial: serial }))
      legs.add('plugged (QMP) → incident over the API', Date.now() - pluggedAt)
      const [connected] = await api.timeline(found.id)
      expect(connected).toMatchObject({ kind: 'medium.connected', found: 'live' })
      legs.add('plugged (QMP) → the agent’s stamp', (connected?.at ?? NaN) - pluggedAt)
      legs.add('the agent’s stamp → received', (connected?.receivedAt ?? NaN) - (connected?.at ?? NaN))
      const told = await until(`the mail about ${serial}`, 30_000, () =>
        mail.mails.find(({ to, mail: { text } }) => to.includes('secrecy@office.test') && text?.includes(serial)),
      )
      legs.add('received → mail delivered', told.at - (connected?.receivedAt ?? NaN))
      await machine.unplug(stick)
      await incident(api, 'it to be out', ofMedium({ usbSerial: serial }), ({ endedBy }) => endedBy === 'removed')
    }
  })
})
