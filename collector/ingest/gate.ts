/** Lets so many at a time through, each agent with one: whoever has more to say waits behind all others that wait. Of the
 *  small and the large that wait, some small go before one large: what happens now is not kept waiting by what others had
 *  to say of yesterday, and neither can keep the other out. */
export interface Gate {
  /** Resolves when it is that agent's turn; disposing lets the next one in. */
  readonly enter: (size: 'small' | 'large', agent: string) => Promise<Disposable>
}

/** Small ones that go before a large one that waits. */
const SMALL_IN_TURN = 3

type Go = () => void

export function openGate(atOnce: number): Gate {
  // By agent, whose turn comes next first; bounded by who asks: one a connection.
  const waiting = { small: new Map<string, Go[]>(), large: new Map<string, Go[]>() }
  const inside = new Set<string>()
  let smallInTurn = 0

  /** Of the first agent that is not inside; what more it has to say waits behind all others. */
  const take = (size: 'small' | 'large'): Go | undefined => {
    for (const [agent, all] of waiting[size]) {
      if (inside.has(agent)) continue
      const [go, ...rest] = all
      waiting[size].delete(agent)
      if (rest.length > 0) waiting[size].set(agent, rest)
      inside.add(agent)
      return go
    }
    return undefined
  }
  const next = (): Go | undefined => {
    const small = smallInTurn < SMALL_IN_TURN ? take('small') : undefined
    if (small !== undefined) {
      smallInTurn += 1
      return small
    }
    smallInTurn = 0
    return take('large') ?? take('small')
  }
  const fill = (): void => {
    while (inside.size < atOnce) {
      const go = next()
      if (go === undefined) return
      go()
    }
  }
  return {
    enter: (size, agent) =>
      new Promise((resolve) => {
        const leave = (): void => {
          inside.delete(agent)
          fill()
        }
        const go = (): void => resolve({ [Symbol.dispose]: leave })
        waiting[size].set(agent, [...(waiting[size].get(agent) ?? []), go])
        fill()
      }),
  }
}
