import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openDescriptors } from '#agent/platform/linux/descriptors.ts'
import { openLibc, POLLIN } from '#agent/platform/linux/libc.ts'

describe.runIf(process.platform === 'linux')('one poll(2) for all descriptors', () => {
  test('calls back when a descriptor is ready, again while it stays so, and not after the end', async () => {
    const libc = openLibc()
    await using descriptors = openDescriptors(libc)
    const [first, second] = [libc.openEventfd(), libc.openEventfd()]
    const stop = new AbortController()
    let calls = 0
    const { promise: thrice, resolve } = Promise.withResolvers<void>()
    const watching = descriptors.watch(
      first,
      POLLIN,
      () => ++calls === 3 && (libc.lower(first), resolve()),
      stop.signal,
    )
    const other = descriptors.watch(second, POLLIN, () => libc.lower(second), stop.signal)
    libc.raise(first)
    await thrice
    stop.abort()
    await Promise.all([watching, other])
    libc.raise(first)
    expect(calls).toBe(3)
    libc.close(first)
    libc.close(second)
  })

  test('a watch that ends while others are being called is not called any more', async () => {
    const libc = openLibc()
    await using descriptors = openDescriptors(libc)
    const fds = [libc.openEventfd(), libc.openEventfd()]
    const stop = new AbortController()
    let calls = 0
    const ready = (): void => {
      calls++
      stop.abort()
    }
    for (const fd of fds) libc.raise(fd)
    await Promise.all(fds.map((fd) => descriptors.watch(fd, POLLIN, ready, stop.signal)))
    expect(calls).toBe(1)
    for (const fd of fds) libc.close(fd)
  })

  test('what a reader throws ends its own watch alone', async () => {
    const libc = openLibc()
    await using descriptors = openDescriptors(libc)
    const [bad, good] = [libc.openEventfd(), libc.openEventfd()]
    const stop = new AbortController()
    const { promise: heard, resolve } = Promise.withResolvers<void>()
    const failing = descriptors.watch(
      bad,
      POLLIN,
      () => {
        throw new Error('no')
      },
      stop.signal,
    )
    const watching = descriptors.watch(good, POLLIN, () => (libc.lower(good), resolve()), stop.signal)
    libc.raise(bad)
    await expect(failing).rejects.toThrow('no')
    libc.raise(good)
    await heard
    stop.abort()
    await watching
    libc.close(bad)
    libc.close(good)
  })

  test('a descriptor that is not open, and one that is watched at the end, say so', async () => {
    const libc = openLibc()
    const descriptors = openDescriptors(libc)
    await expect(descriptors.watch(9_999, POLLIN, () => {}, new AbortController().signal)).rejects.toThrow('not open')
    const fd = libc.openEventfd()
    const watching = descriptors.watch(fd, POLLIN, () => {}, new AbortController().signal)
    const ended = watching.catch(String)
    await descriptors[Symbol.asyncDispose]()
    expect(await ended).toContain('closed')
    libc.close(fd)
  })

  test('a process that forgets to dispose it ends all the same', async () => {
    const folder = fileURLToPath(new URL('../../../../agent/platform/linux/', import.meta.url))
    const script = `
      import { openLibc } from '${folder}libc.ts'
      import { openDescriptors } from '${folder}descriptors.ts'
      const libc = openLibc()
      const descriptors = openDescriptors(libc)
      void descriptors.watch(libc.openEventfd(), 1, () => {}, new AbortController().signal)
      setTimeout(() => process.exit(7), 100)`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 60_000 })
    await expect(run).rejects.toMatchObject({ code: 7 })
  })
})
