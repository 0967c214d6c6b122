import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Image } from './image.ts'
import { startAgent } from './guest-agent.ts'
import { RigUnavailable } from './packages.ts'
import { makeStick } from './stick.ts'
import { until } from './until.ts'
import { diskOf, incident, kindsOf, ofMedium, prepareRig, startWhole, type Whole } from './whole.ts'

const prepared = await prepareRig()
const mac = '52:54:00:00:0c:01'
const register = `
endpoints:
  - { host: SECRET-01, macs: ['${mac}'], name: 机密机一号, level: secret, networkKind: intranet, department: 办公室, responsible: 李四, allowedNetworks: [10.0.9.0/24] }
`

describe.skipIf(prepared instanceof RigUnavailable)('a classified machine', () => {
  const parts = new AsyncDisposableStack()
  let whole: Whole

  beforeAll(async () => {
    whole = parts.use(await startWhole(prepared as Image, { name: 'SECRET-01', mac, register }))
    const { machine, collector } = whole
    await startAgent(machine, await collector.token('办公室', 'secret'))
    await until('the endpoint to be confirmed and connected', 120_000, async () => {
      const [endpoint] = await collector.api.endpoints()
      return endpoint?.status === 'confirmed' && endpoint.connectedSince !== undefined && endpoint.registerVersion > 0
    })
  })
  afterAll(() => parts.disposeAsync())

  test('its uplink’s own card raises nothing', async () => {
    const { collector } = whole
    const [endpoint] = await collector.api.endpoints()
    const seen = await until('the uplink’s address to be stored', 30_000, async () => {
      const events = await collector.api.events(endpoint?.agent ?? '')
      return events.some(({ kind, address }) => kind === 'net.address' && address === '10.0.9.15/24') && events
    })
    expect(seen.filter(({ severity }) => severity !== undefined)).toEqual([])
    expect(await collector.api.incidents()).toEqual([])
  })

  test('a USB network adapter with a foreign address and default route is one critical episode, over when it is pulled', async () => {
    const { machine, collector, mail } = whole
    const { api } = collector
    const adapter = { kind: 'network-adapter', mac: '40:54:00:77:00:01' } as const
    await machine.plug(adapter)
    const link = await until('the adapter’s interface', 30_000, async () => {
      const found = await machine.sh(`grep -l '${adapter.mac}' /sys/class/net/*/address | cut -d/ -f5`)
      return found.stdout.trim() || undefined
    })
    await machine.must(`ip link set ${link} up && ip addr add 10.9.9.9/24 dev ${link}`)
    await machine.must(`ip route add default via 10.9.9.1 dev ${link}`)
    const both = (broke: readonly { what: string; text: string }[] = []): boolean =>
      ['10.9.9.9/24', '0.0.0.0/0 via 10.9.9.1'].every((text) => broke.some((each) => each.text === text))
    const isEpisode = ({ kind }: { kind: string }): boolean => kind === 'network-episode'
    const open = await incident(api, 'the episode with address and route', isEpisode, ({ network }) =>
      both(network?.broke),
    )
    expect(open).toMatchObject({ severity: 'critical', endpoint: { name: '机密机一号', department: '办公室' } })
    expect(open.endedAt).toBeUndefined()
    await machine.unplug(adapter)
    const ended = await incident(api, 'the episode to end', isEpisode, ({ endedAt }) => endedAt !== undefined)
    expect(ended).toMatchObject({ id: open.id, endedBy: expect.stringMatching(/^(gone|link-down)$/) })
    expect(ended.network?.broke.every(({ gone }) => gone)).toBe(true)
    expect((await api.incidents()).length).toBe(1)
    const all = await api.events(ended.endpoint.agent)
    expect(all.filter(({ kind }) => kind.startsWith('medium.'))).toEqual([])
    const told = await until('the alert in the secrecy office’s mailbox', 30_000, () =>
      mail.mails.find(({ to, mail: { text } }) => to.includes('secrecy@office.test') && text?.includes('10.9.9.9')),
    )
    expect(told.mail.text).toContain('机密机一号')
  })

  test('an unregistered stick and what is copied to it is one critical incident; the mail below the level tells nothing', async () => {
    const { machine, collector, mail, folder } = whole
    const stick = await makeStick(folder, {
      name: 'plain',
      serial: 'SNSECRET',
      fs: 'vfat',
      label: 'PLAIN',
      sizeMiB: 32,
    })
    await machine.plug(stick)
    const disk = await diskOf(machine, 'SNSECRET')
    await machine.must(`mkdir -p /media/plain && mount -o utf8 /dev/${disk} /media/plain`)
    await machine.must('echo 内容 > /media/plain/机密名单.txt && sync')
    const isStick = ofMedium({ usbSerial: 'SNSECRET' })
    const found = await incident(collector.api, 'the copy', isStick, ({ files }) => files?.copied === 1)
    expect(found).toMatchObject({ severity: 'critical', kind: 'stay' })
    expect(found.rules.map(({ rule }) => rule).toSorted()).toEqual([
      'file-copied-from-classified',
      'unregistered-medium-on-classified',
    ])
    await machine.must('umount /media/plain')
    await machine.unplug(stick)
    const ended = await incident(collector.api, 'the stay to end', isStick, ({ endedAt }) => endedAt !== undefined)
    expect(ended.files).toMatchObject({ copied: 1, interrupted: 0 })
    const timeline = await collector.api.timeline(ended.id)
    expect(kindsOf(timeline)).toContain('file.identified')
    const full = await until('the mail with the file’s name', 30_000, () =>
      mail.mails.find(({ to, mail: { text } }) => to.includes('secrecy@office.test') && text?.includes('机密名单.txt')),
    )
    expect(full.mail.text).toContain('涉密文件、资料不得擅自复制')
    const brief = await until('the mail to the lower mailbox', 30_000, () =>
      mail.mails.find(({ to, mail: { text } }) => to.includes('duty@office.test') && text?.includes('办公室')),
    )
    for (const secret of ['机密名单', 'SNSECRET', 'PLAIN', '李四', '机密机一号', 'SECRET-01', '10.9.9.9'])
      for (const { to, mail: parsed } of mail.mails.filter((each) => each.to.includes('duty@office.test')))
        expect(`${to.join()} ${parsed.subject} ${parsed.text} ${parsed.html || ''}`).not.toContain(secret)
    expect(brief.mail.subject).not.toContain('机密名单')
    expect(mail.refused()).toBe(2)
  })
})
