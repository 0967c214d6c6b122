/** Someone may have come: rings are not counted, and none is missed. */
export interface Doorbell {
  ring: () => void
  /** Resolves once it has rung since the last time this resolved, or when `signal` has aborted. */
  rung: () => Promise<void>
}

export function doorbell(signal: AbortSignal): Doorbell {
  let next = Promise.withResolvers<void>()
  const ring = (): void => next.resolve()
  signal.addEventListener('abort', ring, { once: true })
  if (signal.aborted) ring()
  return {
    ring,
    rung: async () => {
      await next.promise
      if (!signal.aborted) next = Promise.withResolvers()
    },
  }
}
