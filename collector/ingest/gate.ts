/** Lets so many at a time through. Of the small and the large that wait, one of each in turn: what happens now is not
 *  kept waiting by what others had to say of yesterday, and neither can keep the other out. */
export interface Gate {
  /** Resolves when it is one's turn; disposing lets the next one in. */
  readonly enter: (size: 'small' | 'large') => Promise<Disposable>
}

export function openGate(atOnce: number): Gate {
  const waiting = { small: [] as (() => void)[], large: [] as (() => void)[] } // bounded by who asks: one a connection
  let inside = 0
  let [first, second]: ['small' | 'large', 'small' | 'large'] = ['small', 'large']
  const leave = (): void => {
    const next = waiting[first].shift() ?? waiting[second].shift()
    ;[first, second] = [second, first]
    if (next === undefined) inside -= 1
    else next()
  }
  return {
    async enter(size) {
      if (inside < atOnce) inside += 1
      else await new Promise<void>((resolve) => waiting[size].push(resolve))
      return { [Symbol.dispose]: leave }
    },
  }
}
