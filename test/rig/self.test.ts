import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Echo, startEcho } from './echo.ts'
import { type Image, openImage } from './image.ts'
import { type Machine, startMachine } from './machine.ts'
import { overflow } from './overflow.ts'
import { RigUnavailable } from './packages.ts'
import { run } from './run.ts'
import { makeStick, type Stick } from './stick.ts'
import { until } from './until.ts'
import type { UsbDevice } from './usb.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Markup, a newline, a right-to-left override; and a name as long as ext4 takes. */
const hostileNames = ['<img src=x onerror=alert(1)>.txt', 'two\nlines', 'slip\u202Egpj.exe', `${'密'.repeat(84)}end`]

const prepared = await openImage().catch((error: unknown) => {
  if (error instanceof RigUnavailable) return error
  throw error
})
if (prepared instanceof RigUnavailable) console.warn(prepared.message)

describe.skipIf(prepared instanceof RigUnavailable)('the rig by itself', () => {
  const parts = new AsyncDisposableStack()
  let folder: string
  let machine: Machine
  let present: Stick
  let echo: Echo

  beforeAll(async () => {
    folder = parts.use(temporaryFolder()).path
    echo = await startEcho()
    parts.defer(() => echo.stop())
    const files = hostileNames.map((name) => ({ name, content: 'x' }))
    present = await makeStick(folder, {
      name: 'hostile',
      serial: '',
      fs: 'ext4',
      label: '<b>\n\u202Ex',
      sizeMiB: 16,
      files,
    })
    const forwards = [{ guestAddress: '10.0.9.2', guestPort: 8443, hostPort: echo.port }]
    machine = parts.use(await startMachine(prepared as Image, { name: 'RIG-SELF', forwards, plugged: [present] }))
  }, 180_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  const list = async (command: string): Promise<string[]> => (await machine.must(command)).split('\n').filter(Boolean)
  const disks = (): Promise<string[]> => list('ls -d /sys/block/sd* 2>/dev/null | xargs -rn1 basename')
  const diskOf = (serial: string): Promise<string> =>
    until(`a disk of the stick ${serial}`, 30_000, async () => {
      const found = await machine.sh(`grep -lx '${serial}' /sys/bus/usb/devices/*/serial`)
      const device = found.stdout.trim().replace(/\/serial$/, '')
      return device !== '' && (await list(`ls ${device}/*/host*/target*/*/block 2>/dev/null || true`))[0]
    })

  test('runs commands: UTF-8, codes, much output, several at once, a limit', async () => {
    expect(await machine.sh('echo 秘密; echo 错 >&2; exit 3')).toEqual({ code: 3, stdout: '秘密\n', stderr: '错\n' })
    expect(await machine.must('cat', { input: '一行\n' })).toBe('一行\n')
    expect((await machine.must('head -c 3000000 /dev/zero | tr "\\0" x')).length).toBe(3_000_000)
    expect(await machine.must('hostname')).toBe('RIG-SELF\n')
    const slow = await machine.background('read -r < <(sleep 600)')
    const names = ['a', 'b', 'c', 'd']
    expect(await Promise.all(names.map((name) => machine.must(`echo ${name}`)))).toEqual(
      names.map((name) => `${name}\n`),
    )
    slow.kill('SIGKILL')
    expect((await slow.ended).code).toBe(137)
    await expect(machine.sh('sleep 600', { timeoutMs: 300 })).rejects.toThrow('sleep 600')
  }, 60_000)

  test('has the host’s time, one network and no default route', async () => {
    const guest = Number(await machine.must('date +%s%3N'))
    expect(Math.abs(Date.now() - guest)).toBeLessThan(1000)
    expect(await machine.must('ip route')).toMatch(
      /^10\.0\.9\.0\/24 dev \S+ proto kernel scope link src 10\.0\.9\.15 \n$/,
    )
  })

  test('finds the stick that was in at boot, without serial, its names and label as hostile as they were made', async () => {
    expect(await disks()).toEqual(['sda'])
    expect(await machine.must('cat /sys/block/sda/../../../../../../serial 2>/dev/null || echo none')).toBe('none\n')
    await machine.must('mkdir -p /media/hostile && mount -o ro /dev/sda /media/hostile')
    const names = (await machine.must('find /media/hostile -type f -printf "%f\\0"')).split('\0').filter(Boolean)
    expect(names.toSorted()).toEqual(hostileNames.toSorted())
    expect(Buffer.from(await machine.must('dd if=/dev/sda bs=1 skip=1144 count=16 status=none')).toString()).toContain(
      '<b>\n\u202Ex',
    )
    await machine.must('umount /media/hostile')
    await machine.unplug(present)
    await until('no disk', 30_000, async () => (await disks()).length === 0)
  }, 60_000)

  test('pulls a stick in the middle of a copy', async () => {
    const size = 24 * 1024 * 1024
    const label = { label: 'STICK', fs: 'vfat', sizeMiB: 64 } as const
    const slow = await makeStick(folder, { ...label, name: 'slow', serial: 'SN0001AB', writeBytesPerSecond: 1_000_000 })
    const other = await makeStick(folder, {
      ...label,
      name: 'other',
      serial: 'SN0002',
      files: [{ name: '名单.txt', content: '甲' }],
    })
    await machine.plug(slow)
    await machine.plug(other)
    const [disk, second] = [await diskOf('SN0001AB'), await diskOf('SN0002')]
    await machine.must(`mkdir -p /media/stick /media/other /srv; head -c ${size} /dev/urandom > /srv/绝密.bin`)
    await machine.must(`mount -o utf8 /dev/${disk} /media/stick; mount -o utf8 /dev/${second} /media/other`)
    expect(await machine.must('cat /media/other/名单.txt')).toBe('甲')
    const copy = await machine.background('exec cp /srv/绝密.bin /media/stick/')
    const partial = await until('the copy under way', 30_000, async () => {
      const bytes = Number(await machine.must('stat -c %s /media/stick/绝密.bin'))
      return bytes > 0 && bytes
    })
    expect(await machine.must(`ls -l /proc/${copy.pid}/fd`)).toContain('/media/stick/绝密.bin')
    expect(partial).toBeLessThan(size)
    await machine.unplug(slow)
    expect((await copy.ended).code).not.toBe(0)
    await until('one disk less', 30_000, async () => (await disks()).length === 1)
    await machine.sh('umount -l /media/stick; umount /media/other')
    await machine.unplug(other)
    await machine.plug(slow)
    await diskOf('SN0001AB')
    await machine.unplug(slow)
    expect((await run('mdir', ['-i', slow.image, '::'])).replaceAll(' ', '')).not.toContain(String(size))
  }, 120_000)

  test('plugs a keyboard and a network adapter', async () => {
    const keyboard: UsbDevice = { kind: 'keyboard' }
    await machine.plug(keyboard)
    await until('a keyboard', 30_000, async () =>
      (await machine.must('cat /proc/bus/input/devices')).includes('QEMU USB Keyboard'),
    )
    expect(await disks()).toEqual([])
    await machine.unplug(keyboard)
    const adapter = { kind: 'network-adapter', mac: '40:00:00:77:00:01' } as const
    await machine.plug(adapter)
    const card = await until('the adapter’s interface, renamed', 30_000, async () =>
      (await list(`ip -br link | grep ${adapter.mac} | cut -d' ' -f1`)).find((name) => name.startsWith('enx')),
    )
    await machine.must(
      `ip link set ${card} up && ip addr add 203.0.113.7/24 dev ${card} && ip route add default via 203.0.113.1`,
    )
    expect(await machine.must('ip route')).toContain('default via 203.0.113.1')
    await machine.unplug(adapter)
    await until('no adapter', 30_000, async () => !(await machine.must('ip -br link')).includes(adapter.mac))
  }, 60_000)

  test('carries connections side by side to a port of the host, and again after that was away', async () => {
    const talk =
      'exec 3<>/dev/tcp/10.0.9.2/8443; while read -r line; do echo "$line" >&3; read -r back <&3 || break; echo "$back"; done'
    const alone = (line: string): Promise<string> => machine.must(talk, { input: `${line}\n` })
    const long = await Promise.all(
      ['x', 'y', 'z'].map((name) => machine.background(`(echo ${name}; sleep 600) | (${talk})`)),
    )
    await until('three answers', 30_000, () => long.every(({ stdout }) => stdout().endsWith('\n')))
    expect(long.map(({ stdout }) => stdout())).toEqual(['x\n', 'y\n', 'z\n'])
    expect(echo.open()).toBe(3)
    expect(await alone('第四')).toBe('第四\n')
    await echo.stop()
    await expect(alone('nobody')).resolves.toBe('')
    await echo.start()
    expect(await alone('back')).toBe('back\n')
    long.forEach(({ kill }) => kill('SIGKILL'))
    await until('no connection left', 30_000, () => echo.open() === 0)
  }, 60_000)

  test('keeps on a disk of its own what was flushed before a power cut', async () => {
    const image = join(folder, 'disk.img')
    await writeFile(image, '')
    await truncate(image, 64 * 1024 * 1024)
    const boot = (): Promise<Machine> =>
      startMachine(prepared as Image, { name: 'RIG-DISK', memoryMiB: 1024, disks: [{ image, serial: 'data' }] })
    const mount = 'mkdir -p /data && mount /dev/disk/by-id/virtio-data /data'
    {
      await using first = await boot()
      await first.must(`mkfs.ext4 -q /dev/disk/by-id/virtio-data && ${mount} && echo 存 > /data/kept && sync`)
    }
    await using second = await boot()
    expect(await second.must(`${mount} && cat /data/kept`)).toBe('存\n')
  }, 120_000)

  test.for(['uevent', 'route'] as const)(
    'has a process lose a notification: %s',
    { timeout: 120_000 },
    async (kind) => {
      await machine.must('modprobe dummy numdummies=0; udevadm settle')
      const listener = await machine.background(`exec /usr/bin/python3 -u /run/rig/listener.py ${kind}`)
      await until('the listener', 30_000, () => listener.stdout().includes('listening'))
      /** A link comes and goes; what a listener to whom it was told must have heard. */
      const blink = async (name: string): Promise<string> => {
        await machine.must(`ip link add ${name} type dummy`)
        const index = (await machine.must(`cat /sys/class/net/${name}/ifindex`)).trim()
        await machine.must(`ip link del ${name}`)
        return kind === 'uevent' ? `add@/devices/virtual/net/${name}\n` : `type 16 index ${index}\n`
      }
      const before = await blink('before')
      let missed = ''
      await overflow(machine, listener.pid, kind, async () => void (missed = await blink('missed')))
      // Only what is heard after the queue was read to its end shows that what came before was not heard late.
      let after = 0
      await until('the listener to hear again', 30_000, async () => {
        const later = await blink(`after${++after}`)
        return listener.stdout().includes(later)
      })
      listener.kill('SIGTERM')
      const { stdout } = await listener.ended
      expect(stdout).toContain(before)
      expect(stdout).toContain('ENOBUFS\n')
      expect(stdout).not.toContain(missed)
    },
  )
})
