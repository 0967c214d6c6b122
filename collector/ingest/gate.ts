/** Lets so many at a time through, in the order in which they came. */
export interface Gate {
  /** Resolves when it is one's turn; disposing lets the next one in. */
  readonly enter: () => Promise<Disposable>
}

export function openGate(atOnce: number): Gate {
  const waiting: (() => void)[] = [] // bounded by who asks: one a connection
  let inside = 0
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) inside -= 1
    else next()
  }
  return {
    async enter() {
      if (inside < atOnce) inside += 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return { [Symbol.dispose]: leave }
    },
  }
}
